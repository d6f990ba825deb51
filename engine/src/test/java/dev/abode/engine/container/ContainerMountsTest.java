package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.MountSpec;
import dev.abode.engine.instance.MountSpec.PropagationMode;
import dev.abode.engine.instance.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a container finds where, asked from the inside on the real kernel. */
class ContainerMountsTest extends ContainerCase {

  @Test
  void readOnlyRootWithATmpfs() throws IOException {
    Container.Result result =
        run(
            shell(
                    "(touch /x) 2>&1; touch /tmp/y && echo y; mount | grep ' /tmp '; stat -c %a"
                        + " /tmp; touch /dev/shm/z && echo z")
                .readOnlyRootfs(true)
                .mounts(
                    List.of(
                        new MountSpec.Tmpfs(
                            "/tmp",
                            false,
                            OptionalLong.empty(),
                            OptionalInt.empty(),
                            "size=4m,mode=700,exec"))));
    assertThat(result.output())
        .contains(
            "Read-only file system",
            "\ny\n",
            "nosuid,nodev,relatime,size=4096k,mode=700",
            "\n700\n",
            "\nz\n")
        .doesNotContain("noexec,relatime,size=4096k");
  }

  @Test
  void bindMountsShowSaneOwnersAndKeepTheHosts() throws IOException {
    Path shared = Files.createDirectories(folder.resolve("shared dir"));
    Files.writeString(shared.resolve("mine"), "hello");
    Container.Result result =
        run(
            shell(
                    "stat -c '%u %g' /data/mine; cat /data/mine; echo new > /data/made; (touch"
                        + " /ro/x) 2>&1; cat /one")
                .mounts(
                    List.of(
                        bind(shared, "/data", false),
                        bind(shared, "/ro", true),
                        bind(shared.resolve("mine"), "/one", false))));
    assertThat(result.output())
        .startsWith("0 0\nhello")
        .contains("Read-only file system")
        .endsWith("hello");
    assertThat(Files.readString(shared.resolve("made"))).isEqualTo("new\n");
    assertThat(Files.getAttribute(shared.resolve("made"), "unix:uid")).isEqualTo(0);
  }

  private static MountSpec bind(Path source, String target, boolean readOnly) {
    return new MountSpec.Bind(
        source.toString(), target, readOnly, false, false, PropagationMode.RPRIVATE, true);
  }

  @Test
  void mountsNestByDepthWhateverTheirOrder() throws IOException {
    Path a = Files.createDirectories(folder.resolve("a"));
    Path b = Files.createDirectories(folder.resolve("b"));
    Container.Result result =
        run(
            shell("touch /m/deep/er/x; ls /m")
                .mounts(List.of(bind(b, "/m/deep/er", false), bind(a, "/m/", false))));
    assertThat(result.status()).as(result.output()).isZero();
    assertThat(b.resolve("x")).exists();
    assertThat(result.output()).isEqualTo("deep\n");
  }

  @Test
  void aSlaveMountFollowsTheHost() throws IOException, InterruptedException {
    Path shared = Files.createDirectories(folder.resolve("slave"));
    Rootfs.run(List.of("mount", "-t", "tmpfs", "abode-test", shared.toString()));
    try {
      Rootfs.run(List.of("mount", "--make-rshared", shared.toString()));
      Path inner = Files.createDirectories(shared.resolve("inner"));
      InstanceSpec spec =
          shell("read x; ls /data/inner")
              .streams(new Streams(false, true, true))
              .mounts(
                  List.of(
                      new MountSpec.Bind(
                          shared.toString(),
                          "/data",
                          false,
                          false,
                          false,
                          PropagationMode.RSLAVE,
                          false)))
              .build();
      try (Container container = create(spec).start()) {
        Rootfs.run(List.of("mount", "-t", "tmpfs", "abode-test", inner.toString()));
        try {
          Files.writeString(inner.resolve("late"), "");
          container.input("go\n");
          assertThat(container.await().output()).isEqualTo("late\n");
        } finally {
          Rootfs.run(List.of("umount", inner.toString()));
        }
      }
    } finally {
      Rootfs.run(List.of("umount", shared.toString()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/proc", "/proc/sys", "/x/../proc/self", "relative"})
  void mountTargetsThatWouldBreakTheWallsAreRefused(String target) {
    assertThatThrownBy(() -> run(shell("true").mounts(List.of(bind(folder, target, false)))))
        .isInstanceOf(EngineException.class)
        .extracting(e -> ((EngineException) e).kind())
        .isEqualTo(Kind.INVALID_ARGUMENT);
  }

  @Test
  void theWorkingDirectoryIsMade() throws IOException {
    assertThat(run(shell("pwd; stat -c '%u %a' .").workingDirectory("/srv/../a//b/./c")).output())
        .isEqualTo("/a/b/c\n0 755\n");
  }
}
