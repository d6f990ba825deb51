package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Volumes and mounts by the unmodified docker command, and backups by ours. */
class DockerVolumesTest {
  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  @Test
  void volumesAreListedFilteredAndPruned() throws Exception {
    assertThat(
            engine
                .docker("volume", "create", "--label", "tier=gold", "-o", "size=8M", "limited")
                .ok()
                .text())
        .isEqualTo("limited");
    engine.docker("volume", "create", "plain").ok();
    String unnamed = engine.docker("volume", "create").ok().text();
    assertThat(
            engine
                .docker(
                    "volume",
                    "inspect",
                    "-f",
                    "{{.Driver}} {{.Options.size}} {{.Labels.tier}} {{.Scope}}",
                    "limited")
                .ok()
                .text())
        .isEqualTo("local 8M gold local");
    assertThat(engine.docker("volume", "ls", "-q", "-f", "label=tier=gold").ok().lines())
        .containsExactly("limited");
    engine.docker("run", "-d", "--name", "user", "-v", "plain:/p", ALPINE, "sleep", "1000").ok();
    assertThat(engine.docker("volume", "ls", "-q", "-f", "dangling=false").ok().lines())
        .containsExactly("plain");
    assertThat(engine.docker("volume", "rm", "plain").fails(1).err())
        .contains("volume is in use")
        .contains("(user)");
    assertThat(engine.docker("volume", "create", "-d", "nfs", "x").fails(1).err())
        .contains("not supported");
    assertThat(engine.docker("system", "df", "-v").ok().out()).contains("limited");
    assertThat(engine.docker("volume", "prune", "-f").ok().out())
        .contains(unnamed)
        .doesNotContain("limited");
    assertThat(engine.docker("volume", "prune", "-af").ok().out()).contains("limited");
    assertThat(engine.docker("volume", "ls", "-q").ok().lines()).containsExactly("plain");
    engine.docker("rm", "-f", "user").ok();
    engine.docker("volume", "rm", "plain").ok();
    engine.docker("volume", "rm", "-f", "plain").ok();
  }

  @Test
  void inspectShowsMountsAsDockerDoes() throws Exception {
    Path folder = Files.createTempDirectory(engine.folder(), "mounts-");
    engine
        .docker(
            "create",
            "--name",
            "box",
            "-v",
            "named:/a:ro",
            "-v",
            folder + ":/b",
            "-v",
            "/c",
            "--tmpfs",
            "/d:size=1m",
            "--mount",
            "type=tmpfs,dst=/e,tmpfs-size=1m",
            "--mount",
            "type=bind,src=" + folder + ",dst=/f,ro",
            ALPINE)
        .ok();
    assertThat(
            engine
                .docker(
                    "inspect",
                    "-f",
                    "{{range .Mounts}}{{.Destination}} {{.Type}} {{.Mode}} {{.RW}}"
                        + " {{.Propagation}};{{end}}",
                    "box")
                .ok()
                .text()
                .split(";"))
        .containsExactlyInAnyOrder(
            "/a volume ro false ",
            "/b bind  true rprivate",
            "/c volume  true ",
            "/e tmpfs  true ",
            "/f bind  false rprivate");
    assertThat(
            engine
                .docker(
                    "inspect",
                    "-f",
                    "{{json .HostConfig.Binds}} {{json .HostConfig.Tmpfs}} {{json"
                        + " .Config.Volumes}}",
                    "box")
                .ok()
                .text())
        // docker's own command sends them in any order
        .contains("\"named:/a:ro\"", "\"" + folder + ":/b\"")
        .endsWith(" {\"/d\":\"size=1m\"} {\"/c\":{}}");
    engine.docker("rm", "-v", "box").ok();
    assertThat(engine.docker("volume", "ls", "-q").ok().lines()).containsExactly("named");
    engine.docker("volume", "rm", "named").ok();
  }

  @Test
  void mountsAreWhatTheySay() throws Exception {
    engine
        .docker(
            "run",
            "--rm",
            "--mount",
            "type=volume,src=vol,dst=/v,volume-label=k=l",
            ALPINE,
            "sh",
            "-c",
            "mkdir /v/part && echo in >/v/part/f")
        .ok();
    assertThat(
            engine
                .docker(
                    "run",
                    "--rm",
                    "--mount",
                    "type=volume,src=vol,dst=/p,volume-subpath=part",
                    ALPINE,
                    "cat",
                    "/p/f")
                .ok()
                .text())
        .isEqualTo("in");
    engine.docker("create", "--name", "data", "-v", "vol:/v", ALPINE).ok();
    assertThat(
            engine
                .docker(
                    "run",
                    "--rm",
                    "--volumes-from",
                    "data:ro",
                    ALPINE,
                    "sh",
                    "-c",
                    "cat /v/part/f; touch /v/x 2>&1")
                .run()
                .out())
        .contains("in\n")
        .contains("Read-only file system");
    engine.docker("rm", "data").ok();
    engine.docker("volume", "rm", "vol").ok();
  }

  /** Docker's users expect to bind port 80 there. */
  @Test
  void theHostsNetworkGivesItsLowPorts() throws Exception {
    Command.Result run =
        engine
            .docker(
                "run",
                "--rm",
                "--network",
                "host",
                ALPINE,
                "sh",
                "-c",
                // The host may have one of them in use.
                "for port in 997 991 983 977; do timeout 1 nc -l -p $port; [ $? = 143 ] && break;"
                    + " done; echo $?")
            .ok();
    // It listened until it was ended.
    assertThat(run.text()).endsWith("0");
    assertThat(run.err()).contains("--userns private");
  }

  @Test
  void aVolumeIsBackedUpAndRestored() throws Exception {
    engine.docker("run", "--rm", "-v", "vol:/v", ALPINE, "sh", "-c", "echo kept >/v/f").ok();
    byte[] tar = engine.abode("volume", "export", "vol").ok().rawOut();
    engine.docker("run", "--rm", "-v", "vol:/v", ALPINE, "sh", "-c", "echo lost >/v/f").ok();
    engine.abode("volume", "import", "vol").input(tar).ok();
    engine.abode("volume", "import", "won").input(tar).ok();
    for (String volume : new String[] {"vol", "won"}) {
      assertThat(
              engine.abode("run", "--rm", "-v", volume + ":/v", ALPINE, "cat", "/v/f").ok().text())
          .isEqualTo("kept");
    }
    engine.docker("volume", "rm", "vol", "won").ok();
  }
}
