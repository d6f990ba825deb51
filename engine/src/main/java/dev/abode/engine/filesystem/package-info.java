/**
 * Looking into an instance's root file system, and changing it, from outside: {@code docker cp},
 * {@code diff}, {@code export}, {@code commit}, {@code top} and the look-up of users.
 *
 * <p>Two rules hold everywhere. A path that comes from an instance, an archive or a user is only
 * ever looked up below a descriptor of the root ({@link dev.abode.linux.FileTree}), because the
 * workload may rename and relink at the same time. And what is changed is the file that was looked
 * at: owner, mode and times are set through a descriptor that was checked, never through a name.
 */
package dev.abode.engine.filesystem;
