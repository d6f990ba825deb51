package dev.abode.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.image.Images.Removed;
import dev.abode.linux.FileTree;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names, removal, collection, saving: what images live through. */
final class ImagesTest {
  private static final byte[] BASE = new TarBuilder().file("base", "base").bytes();
  private static final byte[] ONE = new TarBuilder().file("one", "one").bytes();
  private static final byte[] TWO = new TarBuilder().file("two", "two").bytes();

  @TempDir Path folder;
  private Images images;

  @BeforeEach
  void open() throws IOException {
    images = Images.open(folder.resolve("images"), new NoRegistries());
  }

  @AfterEach
  void clean() throws IOException {
    images.close();
    FileTree.delete(folder.resolve("images"));
    FileTree.delete(folder.resolve("other"));
  }

  private void reopen() throws IOException {
    images.close();
    open();
  }

  private Image load(String name, byte[]... layers) throws IOException {
    return images
        .load(new ByteArrayInputStream(TarBuilder.dockerArchive(name, layers)), Progress.NONE)
        .getFirst();
  }

  private List<String> names(String nameOrId) {
    return images.require(nameOrId).references().stream().map(Reference::familiar).toList();
  }

  @Test
  void anImageIsFoundByNameIdAndPrefix() throws IOException {
    Image image = load("app:1", BASE, ONE);

    for (String name :
        List.of(
            "app:1",
            "docker.io/library/app:1",
            image.id().toString(),
            image.id().hex(),
            image.id().hex().substring(0, 12),
            "sha256:" + image.id().hex().substring(0, 20),
            "app@" + image.manifest().digest())) {
      assertThat(images.find(name)).as(name).hasValue(image);
    }
    assertThat(images.find("app")).isEmpty();
    assertThat(images.find("app:2")).isEmpty();
    assertThat(images.find("UPPER/../case")).isEmpty();
    assertThatThrownBy(() -> images.require("nothing"))
        .isInstanceOf(ImageException.class)
        .hasMessage("No such image: nothing");
  }

  @Test
  void aNameMovesToTheNewestImage() throws IOException {
    Image first = load("app:1", BASE, ONE);
    Image second = load("app:1", BASE, TWO);

    assertThat(names("app:1")).containsExactly("app:1");
    assertThat(images.require("app:1").id()).isEqualTo(second.id());
    assertThat(images.require(first.id().hex()).references()).isEmpty();

    images.tag(first.id().hex(), Reference.parse("app:1"));
    reopen();
    assertThat(images.require("app:1").id()).isEqualTo(first.id());
  }

  @Test
  void removingOneOfSeveralNamesLeavesTheImage() throws IOException {
    Image image = load("app:1", BASE);
    images.tag("app:1", Reference.parse("app:2"));

    List<Removed> removed = images.remove("app:1", false, id -> false);

    assertThat(removed).containsExactly(new Removed.Untagged(Reference.parse("app:1")));
    assertThat(names(image.id().hex())).containsExactly("app:2");
  }

  @Test
  void removingTheLastNameRemovesContentNothingElseNeeds() throws IOException {
    Image one = load("one:1", BASE, ONE);
    Image two = load("two:1", BASE, TWO);

    List<Removed> removed = images.remove("one:1", false, id -> false);

    assertThat(removed)
        .containsExactly(
            new Removed.Untagged(Reference.parse("one:1")), new Removed.Deleted(one.id()));
    assertThat(count("layers")).isEqualTo(2);
    // Two layers, a configuration and a manifest.
    assertThat(count("blobs/sha256")).isEqualTo(4);
    reopen();
    assertThat(images.list()).containsExactly(two);
    assertThat(images.layerFolders(two, Progress.NONE)).hasSize(2).allMatch(Files::isDirectory);
  }

  private long count(String below) throws IOException {
    try (var files = Files.list(folder.resolve("images").resolve(below))) {
      return files.count();
    }
  }

  @Test
  void removingAnImageLeavesWhatAnInterruptedPullBrought() throws IOException {
    Path orphan = folder.resolve("images/blobs/sha256/" + "0".repeat(64));
    Files.write(orphan, new byte[1000]);
    Path partial = folder.resolve("images/uploads/sha256-" + "1".repeat(64));
    Files.write(partial, new byte[500]);
    load("app:1", BASE);

    images.remove("app:1", false, id -> false);

    assertThat(count("blobs/sha256")).isEqualTo(1);
    assertThat(orphan).exists();
    assertThat(partial).exists();
  }

  @Test
  void anImageInUseIsAConflict() throws IOException {
    Image image = load("app:1", BASE);

    assertThatThrownBy(() -> images.remove("app:1", false, image.id()::equals))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("must force")
        .extracting(e -> ((ImageException) e).kind())
        .isEqualTo(ImageException.Kind.CONFLICT);
    assertThatThrownBy(() -> images.remove(image.id().hex(), false, image.id()::equals))
        .hasMessageContaining("being used");

    List<Removed> forced = images.remove("app:1", true, image.id()::equals);

    assertThat(forced).containsExactly(new Removed.Untagged(Reference.parse("app:1")));
    assertThat(images.require(image.id().hex()).references()).isEmpty();
    assertThat(images.layerFolders(image, Progress.NONE)).allMatch(Files::isDirectory);
  }

  @Test
  void anIdWithNamesOfSeveralRepositoriesMustBeForced() throws IOException {
    Image image = load("app:1", BASE);
    images.tag("app:1", Reference.parse("other:1"));

    assertThatThrownBy(() -> images.remove(image.id().hex(), false, id -> false))
        .hasMessageContaining("multiple repositories");
    assertThat(images.remove(image.id().hex(), true, id -> false)).hasSize(3);
    assertThat(images.list()).isEmpty();
  }

  @Test
  void pruneTakesTheNamelessAndOrphanedContent() throws IOException {
    load("app:1", BASE, ONE);
    Image named = load("app:1", BASE, TWO);
    Path orphan = folder.resolve("images/blobs/sha256/" + "0".repeat(64));
    Files.write(orphan, new byte[1000]);
    Path partial = folder.resolve("images/uploads/sha256-" + "1".repeat(64));
    Files.write(partial, new byte[500]);

    Images.Pruned pruned = images.prune(false, Optional.empty(), id -> false);

    assertThat(pruned.removed()).hasSize(1).allMatch(Removed.Deleted.class::isInstance);
    assertThat(pruned.reclaimedBytes()).isGreaterThan(1500);
    assertThat(orphan).doesNotExist();
    assertThat(partial).doesNotExist();
    assertThat(images.list()).containsExactly(named);

    assertThat(images.prune(true, Optional.empty(), named.id()::equals).removed()).isEmpty();
    assertThat(images.prune(true, Optional.empty(), id -> false).removed()).hasSize(2);
    assertThat(images.layersSizeBytes()).isZero();
  }

  @Test
  void aSizeIsSharedWhereAnotherImageHasTheLayerToo() throws Exception {
    Image one = load("one:1", BASE, ONE);
    assertThat(images.sharedSizes()).containsExactly(Map.entry(one.id(), 0L));
    Image two = load("two:1", BASE, TWO);
    Image base = load("base:1", BASE);
    assertThat(images.sharedSizes())
        .containsOnly(
            Map.entry(one.id(), base.sizeBytes()),
            Map.entry(two.id(), base.sizeBytes()),
            Map.entry(base.id(), base.sizeBytes()));
  }

  @Test
  void aSavedImageKeepsItsIdWhereverItIsLoaded() throws Exception {
    Image plain = load("app:1", BASE, ONE);
    Image packed = load("packed:1", TarBuilder.gzip(BASE), TarBuilder.gzip(TWO));
    images.tag("app:1", Reference.parse("example.org/team/app:v1"));
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    images.save(List.of("app:1", "example.org/team/app", packed.id().hex()), archive);
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    images.save(List.of("app:1", "example.org/team/app", packed.id().hex()), again);
    assertThat(again.toByteArray()).isEqualTo(archive.toByteArray());

    try (Images other = Images.open(folder.resolve("other"), new NoRegistries())) {
      List<Image> loaded =
          other.load(new ByteArrayInputStream(archive.toByteArray()), Progress.NONE);

      assertThat(loaded).extracting(Image::id).containsExactly(plain.id(), packed.id());
      assertThat(loaded.getFirst().references().stream().map(Reference::familiar))
          .containsExactly("app:1", "example.org/team/app:v1");
      assertThat(loaded.get(1).references()).isEmpty();
      assertThat(loaded.get(1).layers()).isEqualTo(packed.layers());
    }
    assertThatThrownBy(() -> images.save(List.of("app:1", "nothing:1"), archive))
        .hasMessage("No such image: nothing:1");
  }

  @Test
  void theOldFormAloneIsEnough() throws IOException {
    Image image = load("app:1", BASE, TarBuilder.gzip(ONE));
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    images.save(List.of("app:1"), archive);
    byte[] old = TarFilter.without(archive.toByteArray(), "index.json", "oci-layout");

    try (Images other = Images.open(folder.resolve("other"), new NoRegistries())) {
      Image loaded = other.load(new ByteArrayInputStream(old), Progress.NONE).getFirst();
      assertThat(loaded.id()).isEqualTo(image.id());
      assertThat(loaded.references()).isEqualTo(image.references());
    }
  }

  @Test
  void oneOfManyUnpacksAndTheOthersWait() throws Exception {
    Image image = load("app:1", TarBuilder.gzip(BASE), TarBuilder.gzip(ONE), TarBuilder.gzip(TWO));
    images.close();
    FileTree.delete(folder.resolve("images/layers"));
    open();
    AtomicInteger unpacked = new AtomicInteger();
    Progress progress =
        (subject, status, current, total) -> {
          if (status.equals("Pull complete")) {
            unpacked.incrementAndGet();
          }
        };
    CountDownLatch start = new CountDownLatch(1);
    List<Future<List<Path>>> callers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 24; i++) {
        callers.add(
            threads.submit(
                () -> {
                  start.await();
                  return images.layerFolders(image, progress);
                }));
      }
      start.countDown();
      for (Future<List<Path>> caller : callers) {
        assertThat(caller.get()).hasSize(3).allMatch(Files::isDirectory);
      }
    }
    assertThat(unpacked).hasValue(3);
  }

  @Test
  void loadingTaggingAndPruningAtOnceLosesNothing() throws Exception {
    var kept = ConcurrentHashMap.<String>newKeySet();
    List<Future<?>> work = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 12; i++) {
        int number = i;
        work.add(
            threads.submit(
                () -> {
                  byte[] mine = new TarBuilder().file("n", "n" + number).bytes();
                  load("app:" + number, BASE, TarBuilder.gzip(mine));
                  if (number % 3 == 0) {
                    images.remove("app:" + number, false, id -> false);
                  } else {
                    kept.add("app:" + number);
                  }
                  return number;
                }));
        work.add(threads.submit(() -> images.prune(false, Optional.empty(), id -> false)));
      }
      for (Future<?> each : work) {
        each.get();
      }
    }
    reopen();
    assertThat(images.list()).hasSize(8);
    for (String name : kept) {
      for (Path tree : images.layerFolders(images.require(name), Progress.NONE)) {
        assertThat(tree).isNotEmptyDirectory();
      }
    }
  }
}
