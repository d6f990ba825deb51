/**
 * Which system calls an instance may make: profiles in Docker's JSON form, and their translation
 * into programs of {@code seccomp(2)}, assembled here without a library.
 */
package dev.abode.engine.seccomp;
