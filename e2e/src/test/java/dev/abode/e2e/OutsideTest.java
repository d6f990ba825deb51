package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What containers reach outside: another machine's name server and packages, through the address
 * translation of the host.
 */
class OutsideTest {
  /** The package manager of the host's own Debian, with nothing but the mirror to go to. */
  private static final String APT =
      """
      set -e
      mkdir -p /etc/apt/apt.conf.d /etc/apt/preferences.d /etc/apt/trusted.gpg.d /var/lib/dpkg \\
        /var/lib/apt/lists/partial /var/cache/apt/archives/partial /var/log/apt
      : > /var/lib/dpkg/status
      echo 'deb [trusted=yes] http://mirror.example:8000 ./' > /etc/apt/sources.list
      apt-get update
      apt-get install -y greeting
      cat /opt/greeting/hello
      """;

  @RegisterExtension static final RunningEngine engine = new RunningEngine();
  private static Elsewhere elsewhere;
  private static Mirror mirror;

  @BeforeAll
  static void connect() throws Exception {
    Path folder = Files.createDirectory(engine.folder().resolve("mirror"));
    Mirror.pack(folder);
    engine
        .docker(
            "run",
            "--rm",
            "-v",
            folder + ":/mirror",
            ALPINE,
            "sh",
            "-c",
            "cd /mirror/x86_64 && apk index -o APKINDEX.tar.gz *.apk")
        .ok();
    elsewhere = Elsewhere.connect();
    mirror = Mirror.open(elsewhere, folder);
  }

  @AfterAll
  static void disconnect() throws Exception {
    mirror.close();
    elsewhere.close();
  }

  /** Runs a command with the name server of the other machine. */
  private static Command withNames(String... words) {
    List<String> all = new ArrayList<>(List.of("run", "--rm", "--dns", elsewhere.address()));
    all.addAll(List.of(words));
    return engine.docker(all.toArray(String[]::new));
  }

  /** The same, with the programs of the host in place of the image's. */
  private static Command withTheHostsPrograms(String... words) throws Exception {
    List<String> all = new ArrayList<>();
    for (String folder : List.of("/usr", "/bin", "/sbin", "/lib", "/lib64")) {
      if (Files.exists(Path.of(folder))) {
        all.addAll(List.of("-v", folder + ":" + folder + ":ro"));
      }
    }
    all.add(ALPINE);
    all.addAll(List.of(words));
    return withNames(all.toArray(String[]::new));
  }

  private static void assertFetched(String file) throws Exception {
    // What comes from a container bears the host's address on the link: nobody outside would know
    // the way back to another.
    assertThat(mirror.requests())
        .anyMatch(
            line -> line.startsWith(elsewhere.hostAddress() + " ") && line.contains("/" + file));
  }

  @Test
  void aptInstallsAPackage() throws Exception {
    assertThat(withTheHostsPrograms("sh", "-c", APT).ok().out()).endsWith(Mirror.HELLO + "\n");
    assertFetched("greeting_1.0_all.deb");
  }

  @Test
  void apkAddsAPackage() throws Exception {
    assertThat(
            withNames(
                    ALPINE,
                    "sh",
                    "-c",
                    "apk add --allow-untrusted --repositories-file /dev/null"
                        + " -X http://mirror.example:8000 greeting && cat /opt/greeting/hello")
                .ok()
                .out())
        .endsWith(Mirror.HELLO + "\n");
    assertFetched("x86_64/greeting-1.0-r0.apk");
  }

  @Test
  void anAnswerTooLargeForADatagramComesWhole() throws Exception {
    assertThat(
            withTheHostsPrograms("dig", "+ignore", "+bufsize=1232", Mirror.LARGE, "TXT").ok().out())
        .contains("status: NOERROR", " tc ");
    List<String> records = withTheHostsPrograms("dig", "+short", Mirror.LARGE, "TXT").ok().lines();
    assertThat(records).doesNotHaveDuplicates().hasSize(Mirror.LARGE_RECORDS);
    assertThat(records.stream().mapToInt(String::length).sum()).isGreaterThan(4096);
  }
}
