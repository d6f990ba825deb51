package dev.abode.engine.instance;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Something mounted into an instance besides its root file system. */
public sealed interface MountSpec {

  /** Where it appears, an absolute path in the instance. */
  String target();

  boolean readOnly();

  /**
   * A folder or file of the host.
   *
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
      boolean createSource)
      implements MountSpec {}

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
      String target, boolean readOnly, OptionalLong sizeBytes, OptionalInt mode, String options)
      implements MountSpec {}

  /**
   * A volume of the engine.
   *
   * @param name empty for an anonymous volume
   * @param noCopy do not fill an empty volume from the image
   */
  record Volume(
      Optional<String> name,
      String target,
      boolean readOnly,
      boolean noCopy,
      Optional<String> subpath)
      implements MountSpec {}
}
