package dev.abode.engine.instance;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Something mounted into an instance besides its root file system.
 *
 * <p>Each may carry the {@code shorthand} it was asked for with, the one word of {@code -v} or the
 * options of {@code --tmpfs}; empty when it was asked for field by field ({@code --mount}). It says
 * nothing more, and is given back by inspect as it came.
 */
public sealed interface MountSpec {

  /** Where it appears, an absolute path in the instance. */
  String target();

  boolean readOnly();

  Optional<String> shorthand();

  /**
   * A folder or file of the host.
   *
   * @param recursiveReadOnly whether {@code readOnly} holds for what is mounted below the source
   *     too
   * @param nonRecursive leave out what is mounted below the source
   * @param createSource make a missing source as a directory ({@code -v}); else it is an error
   *     ({@code --mount})
   */
  record Bind(
      String source,
      String target,
      boolean readOnly,
      boolean recursiveReadOnly,
      boolean nonRecursive,
      PropagationMode propagation,
      boolean createSource,
      Optional<String> shorthand)
      implements MountSpec {
    public Bind(
        String source,
        String target,
        boolean readOnly,
        boolean recursiveReadOnly,
        boolean nonRecursive,
        PropagationMode propagation,
        boolean createSource) {
      this(
          source,
          target,
          readOnly,
          recursiveReadOnly,
          nonRecursive,
          propagation,
          createSource,
          Optional.empty());
    }
  }

  /** How mount events travel through a bind mount. */
  enum PropagationMode {
    PRIVATE,
    RPRIVATE,
    SLAVE,
    RSLAVE,
    SHARED,
    RSHARED
  }

  /**
   * A file system in memory.
   *
   * @param options extra options as {@code --tmpfs /run:OPTIONS} takes them, such as {@code
   *     exec,uid=1000}
   */
  record Tmpfs(
      String target,
      boolean readOnly,
      OptionalLong sizeBytes,
      OptionalInt mode,
      String options,
      Optional<String> shorthand)
      implements MountSpec {
    public Tmpfs(
        String target, boolean readOnly, OptionalLong sizeBytes, OptionalInt mode, String options) {
      this(target, readOnly, sizeBytes, mode, options, Optional.empty());
    }
  }

  /**
   * A volume of the engine.
   *
   * @param name empty for an anonymous volume
   * @param noCopy do not fill an empty volume from the image
   * @param subpath a folder or file of the volume to be mounted in place of all of it; a relative
   *     path, links in it are followed within the volume
   * @param options of the driver, for a volume that is not there yet
   * @param labels likewise
   */
  record Volume(
      Optional<String> name,
      String target,
      boolean readOnly,
      boolean noCopy,
      Optional<String> subpath,
      Map<String, String> options,
      Map<String, String> labels,
      Optional<String> shorthand)
      implements MountSpec {
    public Volume {
      options = Map.copyOf(options);
      labels = Map.copyOf(labels);
    }

    public Volume(
        Optional<String> name,
        String target,
        boolean readOnly,
        boolean noCopy,
        Optional<String> subpath) {
      this(name, target, readOnly, noCopy, subpath, Map.of(), Map.of(), Optional.empty());
    }

    /** The same with a name. */
    public Volume named(String newName) {
      return new Volume(
          Optional.of(newName), target, readOnly, noCopy, subpath, options, labels, shorthand);
    }
  }
}
