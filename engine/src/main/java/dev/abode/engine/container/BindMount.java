package dev.abode.engine.container;

import dev.abode.engine.instance.MountSpec.PropagationMode;

/**
 * A folder or file of the host that is known to exist, to appear in an instance.
 *
 * @param source absolute path on the host, links resolved
 * @param within a path in {@code source} that appears instead of all of it, which must not lead out
 *     of it whatever happens to it meanwhile; empty for all of it
 * @param directory whether it is a folder
 * @param target absolute path in the instance
 * @param recursive whether what is mounted below the source comes along
 * @param recursiveReadOnly whether {@code readOnly} holds for those mounts too
 * @param idMappable whether the source's file system lets its owners be mapped; when not, owners
 *     inside are {@code nobody}
 */
public record BindMount(
    String source,
    String within,
    boolean directory,
    String target,
    boolean readOnly,
    boolean recursiveReadOnly,
    boolean recursive,
    PropagationMode propagation,
    boolean idMappable) {

  /** The same at another place. */
  BindMount at(String otherTarget) {
    return new BindMount(
        source,
        within,
        directory,
        otherTarget,
        readOnly,
        recursiveReadOnly,
        recursive,
        propagation,
        idMappable);
  }
}
