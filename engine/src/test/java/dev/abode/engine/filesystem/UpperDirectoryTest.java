package dev.abode.engine.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.Change;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel's own overlayfs writes what is read here, in a mount namespace that ends with it. */
class UpperDirectoryTest {
  @TempDir Path folder;

  @BeforeEach
  void layers() throws IOException {
    for (String name : List.of("top", "base", "upper", "work", "merged")) {
      Files.createDirectory(folder.resolve(name));
    }
    write("base/etc/passwd", "root");
    write("base/etc/group", "root");
    write("base/usr/bin/tool", "tool");
    write("base/usr/bin/other", "other");
    write("base/var/cache/a", "a");
    write("base/var/cache/b", "b");
    write("top/opt/app", "app");
  }

  private void write(String path, String content) throws IOException {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  /** Runs a script in the merged tree of a real overlay. */
  private void inOverlay(String script) throws IOException, InterruptedException {
    String command =
        "set -e; cd "
            + folder
            + "; mount -t overlay overlay -o"
            + " lowerdir=top:base,upperdir=upper,workdir=work,redirect_dir=off merged; cd merged; "
            + script;
    Process process =
        new ProcessBuilder("unshare", "--mount", "sh", "-c", command).inheritIO().start();
    assertThat(process.waitFor()).isZero();
  }

  private List<String> changes(String... mountPoints) throws IOException {
    return upper(mountPoints).changes().stream()
        .map(change -> "CAD".charAt(change.kind().ordinal()) + " " + change.path())
        .toList();
  }

  private UpperDirectory upper(String... mountPoints) {
    return new UpperDirectory(
        folder.resolve("upper"),
        List.of(folder.resolve("top"), folder.resolve("base")),
        Set.of(mountPoints));
  }

  @Test
  void nothingWrittenIsNoChange() throws Exception {
    inOverlay("cat etc/passwd >/dev/null");
    assertThat(changes()).isEmpty();
    assertThat(upper().sizeBytes()).isZero();
  }

  @Test
  void addedModifiedAndDeletedAreToldInTheOrderOfAWalk() throws Exception {
    inOverlay(
        "echo x >>etc/passwd; rm usr/bin/tool; mkdir opt/new; echo y >opt/new/file; echo z >opt-z");
    assertThat(changes())
        .containsExactly(
            "C /etc/passwd",
            "C /opt",
            "A /opt/new",
            "A /opt/new/file",
            "A /opt-z",
            "C /usr/bin",
            "D /usr/bin/tool");
  }

  @Test
  void aFolderWhoseModeChangedIsModifiedAndOneThatIsOnlyOnTheWayIsNot() throws Exception {
    inOverlay("chmod 700 var/cache; echo x >>usr/bin/tool");
    assertThat(changes()).containsExactly("C /usr/bin/tool", "C /var/cache");
  }

  @Test
  void aFolderThatWasRemovedAndMadeAgainShowsWhatItHid() throws Exception {
    inOverlay("rm -r var/cache; mkdir var/cache; echo new >var/cache/b; echo c >var/cache/c");
    assertThat(changes())
        .containsExactly(
            "C /var", "C /var/cache", "D /var/cache/a", "C /var/cache/b", "A /var/cache/c");
  }

  @Test
  void aFileInPlaceOfAFolderAndTheOtherWayRound() throws Exception {
    inOverlay("rm -r var/cache; echo x >var/cache; rm etc/group; mkdir etc/group; >etc/group/in");
    assertThat(changes())
        .containsExactly("C /etc", "C /etc/group", "A /etc/group/in", "C /var", "C /var/cache");
  }

  @Test
  void whatWasMadeToMountOnIsNoChange() throws Exception {
    inOverlay("mkdir proc sys mnt mnt/deep; >etc/hosts; mkdir mnt/deep/data");
    assertThat(changes("/proc", "/sys", "/etc/hosts", "/mnt/deep/data")).isEmpty();
    assertThat(changes("/proc", "/sys", "/etc/hosts"))
        .containsExactly("A /mnt", "A /mnt/deep", "A /mnt/deep/data");
  }

  @Test
  void whatStandsBesideAMountPointIsAChange() throws Exception {
    inOverlay("mkdir -p mnt/data; echo x >mnt/own; echo filled >etc/hosts");
    assertThat(changes("/mnt/data", "/etc/hosts"))
        .containsExactly("C /etc", "A /etc/hosts", "A /mnt", "A /mnt/own");
  }

  @Test
  void aLinkIsAChangeItselfAndIsNotFollowed() throws Exception {
    inOverlay("ln -s / loop; ln -sf /etc/shadow etc/passwd");
    assertThat(changes()).containsExactly("C /etc", "C /etc/passwd", "A /loop").hasSize(3);
  }

  @Test
  void sizeCountsAFileWithTwoNamesOnceAndNoHoles() throws Exception {
    inOverlay("head -c 100000 /dev/urandom >a; ln a b; truncate -s 1G sparse; mkdir d; rm -r usr");
    assertThat(upper().sizeBytes()).isEqualTo(100_000);
  }

  @Test
  void kindsAreInTheOrderOfTheApisNumbers() {
    assertThat(Change.Kind.values())
        .containsExactly(Change.Kind.MODIFIED, Change.Kind.ADDED, Change.Kind.DELETED);
  }
}
