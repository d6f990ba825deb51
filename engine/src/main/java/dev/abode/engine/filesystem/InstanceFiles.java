package dev.abode.engine.filesystem;

import dev.abode.engine.instance.FileStat;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * The files of one instance as {@code docker cp} and {@code docker export} need them. How they are
 * reached is the implementation's: for a container through the kernel, for a virtual machine
 * through its agent.
 *
 * <p>Paths are absolute within the instance; a missing leading slash is added. A link at the end of
 * a path is the link itself, unless the path ends with {@code /} or {@code /.}.
 *
 * <p>Failures the caller can act on are {@link dev.abode.engine.failure.EngineException}s:
 * NOT_FOUND for a path that is not there, INVALID_ARGUMENT for one of the wrong kind or a damaged
 * archive, PERMISSION for what is mounted read-only.
 */
public interface InstanceFiles {

  /**
   * What is at {@code path}.
   *
   * @return of a symbolic link its target as an absolute path within the instance, every link on
   *     the way followed, whether or not something is there
   */
  FileStat stat(String path) throws IOException;

  /**
   * Writes what is at {@code path} as a tar whose names begin with the last component of {@code
   * path}: a file alone, a folder with all below it, including what users had mounted there but not
   * what the kernel makes up ({@code /proc}, {@code /sys}, {@code /dev}).
   */
  void copyOut(String path, OutputStream tar) throws IOException;

  /**
   * Unpacks a tar below the folder {@code path}, links to which are followed. A file replaces a
   * file; folders are merged. Stops at the first failure; what was unpacked before stays.
   *
   * @param tar compressed with gzip or zstd or not at all; read to its end marker
   * @param keepTypes refuse to replace a folder by something else and the other way round
   * @param owner who owns everything; empty: whom the tar names
   */
  void copyIn(String path, InputStream tar, boolean keepTypes, Optional<Owner> owner)
      throws IOException;

  /** Writes the whole root file system, without what is mounted into it. */
  void export(OutputStream tar) throws IOException;

  /**
   * User and group within the instance.
   *
   * @param uid 0 to 2^32 - 2
   * @param gid 0 to 2^32 - 2
   */
  record Owner(long uid, long gid) {
    public Owner {
      if (uid < 0 || uid > 0xFFFF_FFFEL || gid < 0 || gid > 0xFFFF_FFFEL) {
        throw new IllegalArgumentException("owner " + uid + ":" + gid + " is not a pair of ids");
      }
    }
  }
}
