package dev.abode.engine.filesystem;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.FileStat;
import dev.abode.image.tar.TarEntry;
import dev.abode.image.tar.TarLimits;
import dev.abode.image.tar.TarReader;
import dev.abode.image.tar.TarWriter;
import dev.abode.linux.FileTree;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What holds of the files of any instance. They are a running process' root here, the real kernel's
 * overlay and Alpine in it; how they are reached is the implementation's.
 */
abstract class FilesContract {
  private static final Instant TIME = Instant.parse("2020-02-02T02:02:02Z");

  @TempDir static Path base;
  @TempDir Path folder;

  @BeforeAll
  static void unpack() throws Exception {
    RootedProcess.unpackAlpine(base);
  }

  /** JUnit warns of each link that points out of its folder; nothing is mounted here any more. */
  @AfterEach
  void delete() throws IOException {
    FileTree.delete(folder.resolve("upper"));
  }

  @AfterAll
  static void deleteBase() throws IOException {
    try (FileTree tree = FileTree.open(base)) {
      tree.deleteContents();
    }
  }

  RootedProcess idle(String mounts) throws IOException {
    return RootedProcess.start(base, folder, mounts, "exec sleep 1000");
  }

  /** The files under test. */
  abstract InstanceFiles files(RootedProcess process, boolean readOnly) throws IOException;

  /** How often it is tried to be tricked. */
  int rounds() {
    return 400;
  }

  private InstanceFiles files(RootedProcess process) throws IOException {
    return files(process, false);
  }

  // ---- stat

  @Test
  void statTellsTypeSizeAndWhereALinkLeads() throws Exception {
    try (RootedProcess process = idle("ln -s /etc/../etc/alpine-release link; mkdir -p a/b")) {
      InstanceFiles files = files(process);
      FileStat release = files.stat("/etc/alpine-release");
      assertThat(release.name()).isEqualTo("alpine-release");
      assertThat(release.sizeBytes()).isEqualTo(7);
      assertThat(release.mode()).isEqualTo(0100644);
      assertThat(release.linkTarget()).isEmpty();

      FileStat link = files.stat("link");
      assertThat(link.mode() & 0170000).isEqualTo(0120000);
      assertThat(link.linkTarget()).isEqualTo("/etc/alpine-release");
      assertThat(files.stat("/bin/sh").linkTarget()).isEqualTo("/bin/busybox");
      assertThat(files.stat("/").name()).isEqualTo("/");
      assertThat(files.stat("/a/b/").mode() & 0170000).isEqualTo(0040000);
      assertThat(files.stat("/a/b/../../../../../etc").name()).isEqualTo("etc");
    }
  }

  @Test
  void statOfWhatIsNotThereSaysSoInDockersWords() throws Exception {
    try (RootedProcess process = idle("")) {
      assertThatThrownBy(() -> files(process).stat("/no/such"))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND))
          .hasMessage("Could not find the file /no/such in the container");
    }
  }

  // ---- out

  record Copied(TarEntry entry, String content) {}

  private static List<Copied> read(byte[] tar) throws IOException {
    List<Copied> entries = new ArrayList<>();
    TarReader reader = new TarReader(new ByteArrayInputStream(tar), TarLimits.DEFAULT);
    Optional<TarEntry> entry = reader.next();
    while (entry.isPresent()) {
      entries.add(new Copied(entry.get(), new String(reader.content().readAllBytes(), UTF_8)));
      entry = reader.next();
    }
    return entries;
  }

  private static List<String> names(List<Copied> copied) {
    return copied.stream().map(c -> c.entry().name().replaceAll("(?<=.)/$", "")).toList();
  }

  /** The first entry that has one of these names. */
  private static Copied named(List<Copied> copied, String... names) {
    return copied.stream()
        .filter(c -> List.of(names).contains(c.entry().name()))
        .findFirst()
        .orElseThrow();
  }

  List<Copied> copyOut(InstanceFiles files, String path) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    files.copyOut(path, tar);
    return read(tar.toByteArray());
  }

  @Test
  void aFolderIsNamedByTheLastComponentAndKeepsOwnersTimesAndLinks() throws Exception {
    String mounts =
        """
        mkdir -p data/sub; echo one >data/file; chown 12:34 data/file; chmod 4750 data/file
        ln data/file data/zhard; ln -s ../../../../etc/passwd data/soft
        truncate -s 3M data/sparse; echo end >>data/sparse
        touch -d @1580608922 data/file; ln -s data dirlink; mkfifo data/pipe
        """;
    try (RootedProcess process = idle(mounts)) {
      List<Copied> copied = copyOut(files(process), "/data");
      assertThat(names(copied))
          .containsExactlyInAnyOrder(
              "data",
              "data/file",
              "data/pipe",
              "data/soft",
              "data/sparse",
              "data/sub",
              "data/zhard");
      assertThat(names(copied)).startsWith("data");
      Copied first = named(copied, "data/file", "data/zhard");
      TarEntry file = first.entry();
      assertThat(first.content()).isEqualTo("one\n");
      assertThat(file.permissions()).isEqualTo(04750);
      assertThat(List.of(file.uid(), file.gid())).containsExactly(12L, 34L);
      assertThat(file.modified()).isEqualTo(TIME);
      assertThat(copied.stream().map(Copied::entry))
          .anySatisfy(
              entry -> {
                assertThat(entry.type()).isEqualTo(TarEntry.Type.HARD_LINK);
                assertThat(entry.linkTarget()).isEqualTo(file.name());
              });
      assertThat(named(copied, "data/soft").entry().linkTarget())
          .isEqualTo("../../../../etc/passwd");
      TarEntry sparse = named(copied, "data/sparse").entry();
      assertThat(sparse.sizeBytes()).isEqualTo((3 << 20) + 4);
      assertThat(sparse.storedBytes()).isLessThan(1 << 20);

      assertThat(names(copyOut(files(process), "/dirlink"))).containsExactly("dirlink");
      assertThat(names(copyOut(files(process), "/dirlink/"))).contains("dirlink/file");
      assertThat(names(copyOut(files(process), "/data/."))).contains("./file");
      assertThat(names(copyOut(files(process), "/etc/alpine-release")))
          .containsExactly("alpine-release");
    }
  }

  @Test
  void theWholeRootHasUsersMountsInItButNotTheKernels() throws Exception {
    try (RootedProcess process = idle("mkdir vol; mount -t tmpfs tmpfs vol; echo kept >vol/kept")) {
      List<String> names = names(copyOut(files(process), "/"));
      assertThat(names).contains("/", "/bin/busybox", "/proc", "/vol/kept");
      assertThat(names).noneMatch(name -> name.startsWith("/proc/"));
      assertThatThrownBy(() -> copyOut(files(process), "/proc/version"))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNSUPPORTED));
    }
  }

  @Test
  void exportHasWhatLiesUnderAMountAndNothingOfIt() throws Exception {
    String mounts =
        """
        mkdir vol; echo under >vol/under; mount -t tmpfs tmpfs vol; echo over >vol/over
        echo of-host >../hosts; mount --bind ../hosts etc/hosts; rm etc/motd
        """;
    try (RootedProcess process = idle(mounts)) {
      ByteArrayOutputStream tar = new ByteArrayOutputStream();
      files(process).export(tar);
      List<Copied> copied = read(tar.toByteArray());
      List<String> names = names(copied);
      assertThat(names).contains("bin/busybox", "vol", "proc").doesNotContain("vol/over");
      assertThat(names).doesNotContain("etc/motd");
      Copied hosts = copied.get(names.indexOf("etc/hosts"));
      assertThat(hosts.content()).isEqualTo(Files.readString(base.resolve("etc/hosts")));
    }
  }

  // ---- in

  private static TarEntry entry(String name, TarEntry.Type type, String link, int size) {
    return new TarEntry(
        name,
        type,
        link,
        type == TarEntry.Type.DIRECTORY ? 0750 : 0640,
        1000,
        1001,
        size,
        size == 0 ? List.of() : List.of(new TarEntry.Extent(0, size)),
        TIME,
        Optional.empty(),
        0,
        0,
        Map.of());
  }

  static byte[] tar(Object... namesAndContents) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(out);
    for (int i = 0; i < namesAndContents.length; i += 2) {
      String name = (String) namesAndContents[i];
      switch (namesAndContents[i + 1]) {
        case TarEntry.Type type -> writer.write(entry(name, type, "", 0), none());
        case Path target ->
            writer.write(entry(name, TarEntry.Type.SYMBOLIC_LINK, target.toString(), 0), none());
        case Object text -> {
          byte[] content = text.toString().getBytes(UTF_8);
          writer.write(
              entry(name, TarEntry.Type.FILE, "", content.length),
              new ByteArrayInputStream(content));
        }
      }
    }
    writer.finish();
    return out.toByteArray();
  }

  private static InputStream none() {
    return InputStream.nullInputStream();
  }

  static void copyIn(InstanceFiles files, String path, byte[] tar, boolean keepTypes)
      throws IOException {
    files.copyIn(path, new ByteArrayInputStream(tar), keepTypes, Optional.empty());
  }

  @Test
  void unpacksIntoAFolderWithOwnersModesAndTimes() throws Exception {
    byte[] tar =
        tar("new", TarEntry.Type.DIRECTORY, "new/file", "hello", "new/link", Path.of("file"));
    try (RootedProcess process = idle("ln -s /tmp short")) {
      copyIn(files(process), "/short", tar, false);
      Path made = folder.resolve("upper/tmp/new");
      assertThat(made.resolve("file")).hasContent("hello");
      assertThat(Files.getAttribute(made.resolve("file"), "unix:uid")).isEqualTo(1000);
      assertThat(Files.getAttribute(made.resolve("file"), "unix:gid")).isEqualTo(1001);
      assertThat(Files.getAttribute(made.resolve("file"), "unix:mode")).isEqualTo(0100640);
      assertThat(Files.getLastModifiedTime(made).toInstant()).isEqualTo(TIME);
      assertThat(Files.getAttribute(made, "unix:mode")).isEqualTo(0040750);
      assertThat(Files.readSymbolicLink(made.resolve("link"))).isEqualTo(Path.of("file"));
    }
  }

  @Test
  void keepsTypesWhenAskedAndReplacesOtherwise() throws Exception {
    try (RootedProcess process = idle("mkdir -p d/in; echo x >f")) {
      InstanceFiles files = files(process);
      assertThatThrownBy(() -> copyIn(files, "/", tar("d", "file"), true))
          .hasMessageContaining("cannot overwrite directory \"/d\" with non-directory");
      assertThatThrownBy(() -> copyIn(files, "/", tar("f", TarEntry.Type.DIRECTORY), true))
          .hasMessageContaining("cannot overwrite non-directory \"/f\" with directory");
      copyIn(files, "/", tar("d", "file", "f", TarEntry.Type.DIRECTORY), false);
      assertThat(files.stat("/d").mode() & 0170000).isEqualTo(0100000);
      assertThat(files.stat("/f").mode() & 0170000).isEqualTo(0040000);
    }
  }

  @Test
  void refusesWhatIsNoFolderAndWhatIsReadOnly() throws Exception {
    String mounts =
        """
        mkdir vol full; mkdir ../of-host; mount --bind ../of-host vol
        mount -o remount,ro,bind vol; mount -t tmpfs -o size=64k tmpfs full
        """;
    try (RootedProcess process = idle(mounts)) {
      InstanceFiles files = files(process);
      assertThatThrownBy(() -> copyIn(files, "/etc/hosts", tar("f", "x"), false))
          .hasMessageContaining("extraction point is not a directory");
      assertThatThrownBy(() -> copyIn(files, "/nothing", tar("f", "x"), false))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
      assertThatThrownBy(() -> copyIn(files, "/vol", tar("f", "x"), false))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PERMISSION))
          .hasMessage("mounted volume is marked read-only");
      InstanceFiles readOnly = files(process, true);
      assertThatThrownBy(() -> copyIn(readOnly, "/etc", tar("f", "x"), false))
          .hasMessage("container rootfs is marked read-only");
      assertThatThrownBy(() -> copyIn(files, "/full", tar("f", "x".repeat(1 << 20)), false))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.EXHAUSTED));
      assertThatThrownBy(() -> copyIn(files, "/proc/sys/kernel", tar("f", "x"), false))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PERMISSION));
    }
  }

  @Test
  void namesThatLeadOutAreRefusedAndLinksStayInside() throws Exception {
    Path victim = Files.createDirectory(folder.resolve("victim"));
    try (RootedProcess process = idle("mkdir in; ln -s " + victim + " in/out; mkdir -p tmp")) {
      InstanceFiles files = files(process);
      assertThatThrownBy(() -> copyIn(files, "/in", tar("../../../f", "x"), false))
          .hasMessageContaining("outside of");
      byte[] throughLink = tar("jump", victim, "jump/f", "x");
      assertThatThrownBy(() -> copyIn(files, "/in", throughLink, false))
          .isInstanceOf(EngineException.class);
      assertThatThrownBy(() -> copyIn(files, "/in/out", tar("f", "x"), false))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
      assertThat(victim).isEmptyDirectory();
    }
  }

  @Test
  void aDamagedArchiveIsTheCallersFault() throws Exception {
    try (RootedProcess process = idle("")) {
      byte[] cut = java.util.Arrays.copyOf(tar("f", "x".repeat(2000)), 1500);
      assertThatThrownBy(() -> copyIn(files(process), "/tmp", cut, false))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INVALID_ARGUMENT));
    }
  }

  /**
   * The workload swaps a folder for a link to a folder of the host's name, and for one into its
   * {@code /proc}, as fast as it can, while we copy both ways.
   */
  @Test
  void linksSwappedMeanwhileLeadNowhere() throws Exception {
    Path victim = Files.createDirectory(folder.resolve("victim"));
    Files.writeString(victim.resolve("secret"), "of the host");
    String script =
        "mkdir -p /t/real; cd /t; i=0; while :; do mv real swap 2>/dev/null; ln -s "
            + victim
            + " real; rm real; ln -s ../../../../../../.."
            + victim
            + " real; rm real; ln -s /proc/1/root"
            + victim
            + " real; rm real; ln -s /proc/self/cwd/.. real; rm real; mv swap real; done";
    byte[] tar = tar("sub", TarEntry.Type.DIRECTORY, "sub/file", "x", "secret", "changed");
    try (RootedProcess process = RootedProcess.start(base, folder, "", script)) {
      InstanceFiles files = files(process);
      int met = 0;
      // On a busy machine it may take long until a copy meets the real folder.
      for (int i = 0; i < rounds() || met == 0; i++) {
        try {
          copyIn(files, "/t/real", tar, false);
          met++;
        } catch (EngineException | IOException e) {
          assertThat(e).hasMessageNotContaining("of the host");
        }
        try {
          for (Copied copied : copyOut(files, "/t/real/")) {
            assertThat(copied.content()).doesNotContain("of the host");
          }
          met++;
        } catch (EngineException | IOException e) {
          assertThat(e).hasMessageNotContaining("of the host");
        }
      }
    }
    assertThat(victim.resolve("secret")).hasContent("of the host");
    try (var listing = Files.list(victim)) {
      assertThat(listing).hasSize(1);
    }
  }
}
