package dev.abode.engine.guest;

import java.nio.file.Path;
import java.util.List;

/**
 * What a machine boots.
 *
 * @param release of the kernel as {@code uname -r} shows it
 * @param kernel an uncompressed ELF file
 * @param initramfs with our agent as its {@code /init}
 * @param later those of {@link Initramfs#LATER} that are modules of this kernel, and not a part of
 *     it
 */
public record GuestBoot(String release, Path kernel, Path initramfs, List<String> later) {
  public GuestBoot {
    later = List.copyOf(later);
  }
}
