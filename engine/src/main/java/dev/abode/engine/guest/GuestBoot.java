package dev.abode.engine.guest;

import java.nio.file.Path;

/**
 * What a machine boots.
 *
 * @param release of the kernel as {@code uname -r} shows it
 * @param kernel an uncompressed ELF file
 * @param initramfs with our agent as its {@code /init}
 */
public record GuestBoot(String release, Path kernel, Path initramfs) {}
