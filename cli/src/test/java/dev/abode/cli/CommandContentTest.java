package dev.abode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.testing.TestImages;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Files, images and volumes, by the command and a real engine. */
@Tag("slow")
class CommandContentTest extends CommandCase {

  @Test
  void filesGoBothWaysAndShowInDiffAndCommit() throws Exception {
    String box = background("files");
    Path site = engine.folder().resolve("site");
    Path page = Files.createDirectories(site.resolve("deep")).resolve("page");
    Files.writeString(page, "hello");
    ok("cp", site.toString(), box + ":/srv");
    assertThat(ok("exec", box, "cat", "/srv/site/deep/page")).isEqualTo("hello");
    ok("cp", site + "/.", box + ":/srv");
    assertThat(ok("exec", box, "cat", "/srv/deep/page")).isEqualTo("hello");
    ok("cp", page.toString(), box + ":/renamed");
    Path back = engine.folder().resolve("back");
    ok("cp", box + ":/srv/site", back.toString());
    assertThat(back.resolve("deep/page")).hasContent("hello");
    ok("cp", box + ":/renamed", back.toString());
    assertThat(back.resolve("renamed")).hasContent("hello");
    assertThat(abode("cp", box + ":/nosuch", back.toString()).errors()).contains("/nosuch");
    assertThat(ok("diff", box).lines()).contains("A /renamed", "A /srv/deep/page", "C /srv");
    String image = ok("commit", "-c", "CMD [\"cat\",\"/renamed\"]", box, "mine:1");
    assertThat(image).startsWith("sha256:");
    assertThat(ok("run", "--rm", "--network", "none", "mine:1")).isEqualTo("hello");
    assertThat(ok("images", "--format", "{{.Repository}}:{{.Tag}}", "mine")).isEqualTo("mine:1");
    assertThat(ok("history", "-q", "mine:1").lines().count()).isGreaterThanOrEqualTo(2);
    ok("rm", "-f", box);
    ok("rmi", "mine:1");
  }

  @Test
  void imagesAreSavedAndLoadedAndTagged() throws Exception {
    ok("tag", RunningEngine.IMAGE, "localhost:5000/a:1");
    Path archive = engine.folder().resolve("saved.tar");
    ok("save", "-o", archive.toString(), "localhost:5000/a:1");
    ok("rmi", "localhost:5000/a:1");
    assertThat(ok("load", "-i", archive.toString())).contains("localhost:5000/a:1");
    ok("rmi", "localhost:5000/a:1");
  }

  @Test
  void aLayoutFolderIsLoadedForTheMachineOrForThePlatformAskedFor() throws Exception {
    String layout = TestImages.folder().resolve("oci/busybox-musl").toString();
    String ours = ok("load", "-i", layout).replaceFirst("(?s).*Loaded image ID: ", "");
    String others =
        ok("load", "--platform", "linux/arm64", "-i", layout)
            .replaceFirst("(?s).*Loaded image ID: ", "");
    assertThat(others).isNotEqualTo(ours);
    assertThat(ok("inspect", "-f", "{{.Architecture}}", others)).isEqualTo("arm64");
    assertThat(
            engine.abode("save", "--platform", "linux/riscv64", "-o", "/dev/null", ours).errors())
        .contains("not for linux/riscv64");
    ok("rmi", ours, others);
  }

  @Test
  void volumesAreMadeFilledAndRemoved() throws Exception {
    assertThat(ok("volume", "create", "data")).isEqualTo("data");
    assertThat(ok("volume", "inspect", "-f", "{{.Driver}}", "data")).isEqualTo("local");
    ok("run", "--rm", "--network", "none", "-v", "data:/d", RunningEngine.IMAGE, "touch", "/d/x");
    assertThat(
            ok(
                "run",
                "--rm",
                "--network",
                "none",
                "-v",
                "data:/d",
                RunningEngine.IMAGE,
                "ls",
                "/d"))
        .isEqualTo("x");
    assertThat(ok("volume", "ls", "-q")).isEqualTo("data");
    ok("volume", "rm", "data");
    assertThat(abode("volume", "rm", "data").status()).isEqualTo(1);
  }
}
