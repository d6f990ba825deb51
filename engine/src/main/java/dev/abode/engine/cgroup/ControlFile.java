package dev.abode.engine.cgroup;

import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The files of a control group: one write a value, one read a value. */
final class ControlFile {
  private ControlFile() {}

  /** Writes {@code value} with one {@code write(2)}; the file must exist. */
  static void write(Path file, String value) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(value.getBytes(StandardCharsets.US_ASCII)));
    }
  }

  /** Writes each of {@code values} with a {@code write(2)} of its own. */
  static void writeEach(Path file, List<String> values) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (String value : values) {
        channel.write(ByteBuffer.wrap(value.getBytes(StandardCharsets.US_ASCII)));
      }
    }
  }

  /**
   * Writes a limit.
   *
   * @param what the limit in the user's words, for example {@code --memory}
   * @throws EngineException of kind UNSUPPORTED when the kernel has no such file, of kind
   *     INVALID_ARGUMENT when it refuses the value
   */
  static void writeLimit(Path file, String value, String what) {
    try {
      write(file, value);
    } catch (NoSuchFileException e) {
      throw new EngineException(
          EngineException.Kind.UNSUPPORTED,
          "cannot apply "
              + what
              + ": this kernel has no "
              + file.getFileName()
              + "; leave the limit out, or enable the controller",
          e);
    } catch (IOException e) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "cannot apply "
              + what
              + ": the kernel refused \""
              + value
              + "\" for "
              + file
              + ": "
              + reason(e),
          e);
    }
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.US_ASCII).strip();
  }

  /** The content, or empty when there is no such file. */
  static Optional<String> readIfPresent(Path file) throws IOException {
    try {
      return Optional.of(read(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** A number; empty when there is no such file or it says {@code max}. */
  static OptionalLong readNumber(Path file) throws IOException {
    Optional<String> text = readIfPresent(file);
    if (text.isEmpty() || text.get().equals("max") || text.get().isEmpty()) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(Long.parseUnsignedLong(text.get()));
  }

  /** The number after {@code key} in a file of lines {@code key number}; 0 when it is missing. */
  static long keyed(Optional<String> content, String key) {
    return content.stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(key + ' '))
        .mapToLong(line -> Long.parseUnsignedLong(line.substring(key.length() + 1).strip()))
        .findFirst()
        .orElse(0);
  }
}
