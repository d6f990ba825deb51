package dev.abode.engine.insight;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * The beginning of an ELF file, {@code elf(5)}, as far as it says who can execute it. Read from
 * hostile images: offsets that lead out of what was read are ignored.
 *
 * @param machine what it is built for, in the words of image platforms where there is one
 * @param loader the program interpreter it names
 */
record ElfHead(String machine, Optional<String> loader) {
  private static final int PT_INTERP = 3;
  private static final int HEADER_64 = 64;
  private static final int HEADER_32 = 52;
  private static final int MAX_PROGRAM_HEADERS = 128;
  private static final int MAX_PATH = 4096;

  static boolean isElf(byte[] head) {
    return head.length >= HEADER_32
        && head[0] == 0x7f
        && head[1] == 'E'
        && head[2] == 'L'
        && head[3] == 'F';
  }

  static ElfHead of(byte[] head) {
    boolean wide = head[4] == 2 && head.length >= HEADER_64;
    ByteBuffer file = ByteBuffer.wrap(head);
    file.order(head[5] == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    return new ElfHead(name(file.getShort(18) & 0xffff, wide), loader(file, wide));
  }

  private static String name(int machine, boolean wide) {
    // EM_* of elf.h
    return switch (machine) {
      case 3 -> "386";
      case 8 -> "mips";
      case 21 -> "ppc64le";
      case 22 -> "s390x";
      case 40 -> "arm";
      case 62 -> "amd64";
      case 183 -> "arm64";
      case 243 -> wide ? "riscv64" : "riscv32";
      case 258 -> "loong64";
      default -> "a machine of ELF number " + machine;
    };
  }

  private static Optional<String> loader(ByteBuffer file, boolean wide) {
    long table = wide ? file.getLong(32) : file.getInt(28) & 0xffff_ffffL;
    int size = file.getShort(wide ? 54 : 42) & 0xffff;
    int count = Math.min(file.getShort(wide ? 56 : 44) & 0xffff, MAX_PROGRAM_HEADERS);
    int least = wide ? 56 : 32;
    for (int i = 0; i < count && size >= least; i++) {
      long at = table + (long) i * size;
      if (at < 0 || at > file.limit() - least) {
        return Optional.empty();
      }
      int header = (int) at;
      if (file.getInt(header) == PT_INTERP) {
        long offset = wide ? file.getLong(header + 8) : file.getInt(header + 4) & 0xffff_ffffL;
        long length = wide ? file.getLong(header + 32) : file.getInt(header + 16) & 0xffff_ffffL;
        return text(file, offset, length);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> text(ByteBuffer file, long offset, long length) {
    if (offset < 0 || length < 2 || length > MAX_PATH || offset > file.limit() - length) {
      return Optional.empty();
    }
    byte[] path = new byte[(int) length - 1];
    file.get((int) offset, path);
    return Optional.of(new String(path, StandardCharsets.UTF_8));
  }

  /** This machine, as image platforms name it. */
  static String here() {
    String name = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return switch (name) {
      case "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      default -> name;
    };
  }

  /** Whether this machine's kernel executes it without an emulator. */
  boolean runsHere() {
    return machine.equals(here()) || (machine.equals("386") && here().equals("amd64"));
  }
}
