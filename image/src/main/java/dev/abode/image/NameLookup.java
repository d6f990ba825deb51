package dev.abode.image;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a user may call an image, and which one is meant. */
final class NameLookup {
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{1,64}");

  private NameLookup() {}

  /** Whether the text is an image's ID or the beginning of one, rather than a name. */
  static boolean isId(ImageRecords.Entry entry, String nameOrId) {
    String hex = withoutAlgorithm(nameOrId);
    return HEX.matcher(hex).matches()
        && entry.id().hex().startsWith(hex)
        && byName(List.of(entry), nameOrId).isEmpty();
  }

  /** A whole ID, else a name, else the beginning of an ID: Docker's order. */
  static Optional<ImageRecords.Entry> find(
      Collection<ImageRecords.Entry> entries, String nameOrId) {
    String hex = withoutAlgorithm(nameOrId);
    if (hex.length() == 64) {
      Optional<ImageRecords.Entry> exact =
          entries.stream().filter(entry -> entry.id().hex().equals(hex)).findFirst();
      if (exact.isPresent()) {
        return exact;
      }
    }
    Optional<ImageRecords.Entry> named = byName(entries, nameOrId);
    return named.isPresent() ? named : byPrefix(entries, hex);
  }

  private static String withoutAlgorithm(String nameOrId) {
    return nameOrId.startsWith("sha256:") ? nameOrId.substring("sha256:".length()) : nameOrId;
  }

  private static Optional<ImageRecords.Entry> byName(
      Collection<ImageRecords.Entry> entries, String text) {
    Optional<Reference> parsed = parse(text);
    return parsed.flatMap(
        wanted -> entries.stream().filter(entry -> isCalled(entry, wanted)).findFirst());
  }

  static Optional<Reference> parse(String text) {
    try {
      return Optional.of(Reference.parse(text));
    } catch (ImageException e) {
      // Not a name; it may still be an ID.
      return Optional.empty();
    }
  }

  private static boolean isCalled(ImageRecords.Entry entry, Reference wanted) {
    return entry.names().stream().anyMatch(name -> isMeant(entry, name, wanted));
  }

  /** With a digest the digest decides, whatever tag stands before it. */
  private static boolean isMeant(ImageRecords.Entry entry, Reference name, Reference wanted) {
    boolean sameRepository =
        name.registry().equals(wanted.registry()) && name.repository().equals(wanted.repository());
    if (!sameRepository) {
      return false;
    }
    if (wanted.digest().isEmpty()) {
      return name.tag().equals(wanted.tag()) && name.digest().isEmpty();
    }
    return name.digest().equals(wanted.digest())
        || wanted.digest().filter(entry.manifest().digest()::equals).isPresent();
  }

  private static Optional<ImageRecords.Entry> byPrefix(
      Collection<ImageRecords.Entry> entries, String prefix) {
    if (!HEX.matcher(prefix).matches()) {
      return Optional.empty();
    }
    List<ImageRecords.Entry> matches =
        entries.stream().filter(entry -> entry.id().hex().startsWith(prefix)).toList();
    if (matches.size() > 1) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          "the image ID \""
              + prefix
              + "\" is ambiguous: "
              + matches.size()
              + " images begin with it");
    }
    return matches.stream().findFirst();
  }
}
