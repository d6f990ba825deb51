package dev.abode.engine.criu;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * What criu is asked for to make processes again: a {@code criu_req} of {@code images/rpc.proto}.
 * Descriptors are those of {@code init/src/main/c/restore.c}.
 *
 * @param root where the root file system is mounted
 * @param mounts what is not criu's to mount: from the name that it was saved under to its place
 * @param streams from descriptors 4 to 6 to how criu calls the pipe that was there
 */
public record RestoreRequest(
    String root, Map<String, String> mounts, Map<Integer, String> streams) {
  public static final String LOG = "restore.log";

  /** The descriptor of the service, as an argument. */
  public static final String SERVICE = "7";

  /** The descriptor of standard input; output and error follow. */
  public static final int STANDARD_INPUT = 4;

  private static final int IMAGES = 8;
  private static final int WORK_FOLDER = 9;

  private static final int RESTORE = 2;
  private static final int ERRORS = 1;
  private static final int IGNORE_CGROUPS = 0;
  private static final int SKIP_NETWORK_LOCK = 3;
  private static final long CLONE_NEWNET = 0x4000_0000L;

  public RestoreRequest {
    mounts = Map.copyOf(mounts);
    streams = Map.copyOf(streams);
  }

  public ByteBuffer encoded() {
    Protobuf options =
        new Protobuf()
            .number(1, IMAGES)
            .number(17, WORK_FOLDER)
            .number(9, ERRORS)
            .text(10, LOG)
            .flag(12, true) // notify_scripts
            .text(13, root)
            .flag(8, true) // file_locks
            .flag(52, true) // tcp_close
            .flag(26, true) // rst_sibling
            .flag(24, false) // manage_cgroups
            .number(34, IGNORE_CGROUPS)
            .number(38, CLONE_NEWNET) // empty_ns
            .flag(50, true) // orphan_pts_master
            .number(64, SKIP_NETWORK_LOCK);
    mounts.forEach((name, place) -> options.text(37, "mnt[" + name + "]:" + place));
    streams.forEach(
        (descriptor, pipe) ->
            options.message(27, new Protobuf().text(1, pipe).number(2, descriptor)));
    return ByteBuffer.wrap(new Protobuf().number(1, RESTORE).message(2, options).bytes());
  }
}
