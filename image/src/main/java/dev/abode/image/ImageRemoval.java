package dev.abode.image;

import dev.abode.image.Images.Removed;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Takes names away, and images with their last one, by Docker's rules. */
final class ImageRemoval {
  private final ImageStore store;

  ImageRemoval(ImageStore store) {
    this.store = store;
  }

  List<Removed> remove(String nameOrId, boolean force, Predicate<Digest> inUse) throws IOException {
    List<Removed> done = new ArrayList<>();
    List<ImageRecords.Entry> gone = new ArrayList<>();
    store.change(
        all -> {
          done.clear();
          gone.clear();
          ImageRecords.Entry entry =
              NameLookup.find(all.values(), nameOrId)
                  .orElseThrow(
                      () ->
                          new ImageException(
                              ImageException.Kind.NOT_FOUND, "No such image: " + nameOrId));
          if (NameLookup.isId(entry, nameOrId)) {
            removeImage(all, entry, force, inUse, done);
          } else {
            removeName(all, entry, Reference.parse(nameOrId), force, inUse, done);
          }
          if (!all.containsKey(entry.id())) {
            gone.add(entry);
          }
          return all;
        });
    store.collectRemoved(gone);
    return done;
  }

  /** An ID stands for the image with all its names, if they are of one repository. */
  private static void removeImage(
      Map<Digest, ImageRecords.Entry> all,
      ImageRecords.Entry entry,
      boolean force,
      Predicate<Digest> inUse,
      List<Removed> done) {
    boolean used = inUse.test(entry.id());
    if (repositories(entry).size() > 1 && !force) {
      throw conflict(entry, "must be forced", "image is referenced in multiple repositories");
    }
    if (used && !force) {
      throw conflict(entry, "must be forced", "image is being used by a container");
    }
    entry.names().forEach(name -> done.add(new Removed.Untagged(name)));
    deleteUnlessUsed(all, entry, used, done);
  }

  private static void removeName(
      Map<Digest, ImageRecords.Entry> all,
      ImageRecords.Entry entry,
      Reference asked,
      boolean force,
      Predicate<Digest> inUse,
      List<Removed> done) {
    List<Reference> leaving = leaving(entry, asked);
    boolean last = leaving.size() == entry.names().size();
    boolean used = inUse.test(entry.id());
    if (last && used && !force) {
      throw conflict(
          entry, "must force", "a container is using its referenced image " + shortId(entry));
    }
    leaving.forEach(name -> done.add(new Removed.Untagged(name)));
    if (last) {
      deleteUnlessUsed(all, entry, used, done);
      return;
    }
    ImageRecords.Entry left = entry;
    for (Reference name : leaving) {
      left = left.without(name);
    }
    all.put(entry.id(), left);
  }

  /** A tag takes the digests of its repository along when no other tag of it is left. */
  private static List<Reference> leaving(ImageRecords.Entry entry, Reference asked) {
    List<Reference> leaving =
        new ArrayList<>(
            entry.names().stream()
                .filter(
                    name ->
                        asked.digest().isPresent()
                            ? sameRepository(name, asked) && name.digest().equals(asked.digest())
                            : name.equals(asked))
                .toList());
    boolean otherTags =
        entry.names().stream()
            .anyMatch(
                name ->
                    sameRepository(name, asked)
                        && name.digest().isEmpty()
                        && !leaving.contains(name));
    if (asked.digest().isEmpty() && !otherTags) {
      entry.names().stream()
          .filter(name -> sameRepository(name, asked) && name.digest().isPresent())
          .forEach(leaving::add);
    }
    return leaving;
  }

  private static boolean sameRepository(Reference a, Reference b) {
    return a.registry().equals(b.registry()) && a.repository().equals(b.repository());
  }

  /** An image a container uses loses its names, not its content. */
  private static void deleteUnlessUsed(
      Map<Digest, ImageRecords.Entry> all,
      ImageRecords.Entry entry,
      boolean used,
      List<Removed> done) {
    if (used) {
      all.put(entry.id(), new ImageRecords.Entry(entry.id(), entry.manifest(), List.of()));
    } else {
      all.remove(entry.id());
      done.add(new Removed.Deleted(entry.id()));
    }
  }

  private static Set<String> repositories(ImageRecords.Entry entry) {
    Set<String> repositories = new HashSet<>();
    entry.names().forEach(name -> repositories.add(name.registry() + "/" + name.repository()));
    return repositories;
  }

  private static ImageException conflict(ImageRecords.Entry entry, String how, String why) {
    return new ImageException(
        ImageException.Kind.CONFLICT,
        "conflict: unable to delete " + shortId(entry) + " (" + how + ") - " + why);
  }

  private static String shortId(ImageRecords.Entry entry) {
    return entry.id().hex().substring(0, 12);
  }

  Images.Pruned prune(boolean all, Optional<Instant> until, Predicate<Digest> inUse)
      throws IOException {
    List<Removed> done = new ArrayList<>();
    store.change(
        entries -> {
          done.clear();
          for (ImageRecords.Entry entry : List.copyOf(entries.values())) {
            boolean wanted = all || entry.names().isEmpty();
            if (wanted && !inUse.test(entry.id()) && isOlder(entry, until)) {
              entry.names().forEach(name -> done.add(new Removed.Untagged(name)));
              done.add(new Removed.Deleted(entry.id()));
              entries.remove(entry.id());
            }
          }
          return entries;
        });
    return new Images.Pruned(done, store.collect());
  }

  private boolean isOlder(ImageRecords.Entry entry, Optional<Instant> until) {
    return until.isEmpty()
        || store
            .image(entry)
            .flatMap(image -> image.config().created())
            .map(created -> created.isBefore(until.get()))
            .orElse(true);
  }
}
