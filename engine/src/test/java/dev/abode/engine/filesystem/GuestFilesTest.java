package dev.abode.engine.filesystem;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.Change;
import dev.abode.init.LaunchPlan;
import dev.abode.init.Namespace;
import dev.abode.init.ShimBinary;
import dev.abode.init.Step;
import dev.abode.init.Supervision;
import dev.abode.linux.FileTree;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A virtual machine's files, through the server that its guest would run: the same program plays
 * the same step, on this kernel.
 */
class GuestFilesTest extends FilesContract {
  private static ShimBinary binary;

  @BeforeAll
  static void load() throws IOException {
    binary = ShimBinary.load();
  }

  @AfterAll
  static void unload() {
    binary.close();
  }

  @Override
  InstanceFiles files(RootedProcess process, boolean readOnly) throws IOException {
    RootSource.Running target = (RootSource.Running) process.source(IdMapping.SAME);
    Step enter = new Step.Enter(target.pid(), target.startTicks(), Set.of(Namespace.MOUNT));
    return new GuestFiles(() -> serve(List.of(enter), folder.resolve("merged")), readOnly);
  }

  /** Each begins with a server of its own. */
  @Override
  int rounds() {
    return 60;
  }

  private GuestTree serve(List<Step> before, Path root) throws IOException {
    LaunchPlan plan =
        new LaunchPlan(
            new Supervision(
                false, 0, 0, true, true, Optional.empty(), Optional.empty(), Optional.empty()),
            before,
            Set.of(),
            List.of(),
            List.of(new Step.UseRoot(root.toString()), new Step.ServeFiles()));
    return new GuestTree(
        GuestServer.start(
            binary,
            plan,
            folder.resolve("sockets"),
            failure -> new EngineException(Kind.INTERNAL, failure.toString())));
  }

  @Test
  void whatAGuestWroteIsCopiedInTheFormOfAnUpperDirectory() throws Exception {
    String mounts =
        """
        rm etc/motd; rm -r etc/apk; mkdir etc/apk; echo new >etc/apk/world
        echo more >>etc/hosts; ln etc/hosts zhosts; truncate -s 1G big
        """;
    Path copy = folder.resolve("copy");
    try (RootedProcess process = idle(mounts)) {
      assertThat(process.pid()).isPositive();
      Path upper = folder.resolve("upper");
      List<Change> expected = new UpperDirectory(upper, List.of(base), Set.of()).changes();
      GuestUpper.copy(() -> serve(List.of(), upper), copy, true);
      assertThat(new UpperDirectory(copy, List.of(base), Set.of()).changes())
          .isNotEmpty()
          .isEqualTo(expected);
      assertThat(copy.resolve("etc/hosts")).hasSameTextualContentAs(upper.resolve("etc/hosts"));
      assertThat(Files.getAttribute(copy.resolve("zhosts"), "unix:nlink")).isEqualTo(2);
      FileTree.delete(copy);

      GuestUpper.copy(() -> serve(List.of(), upper), copy, false);
      assertThat(new UpperDirectory(copy, List.of(base), Set.of()).changes()).isEqualTo(expected);
      assertThat(Files.size(copy.resolve("etc/hosts")))
          .isEqualTo(Files.size(upper.resolve("etc/hosts")));
    }
    FileTree.delete(copy);
  }

  // ---- a guest that lies

  /** A guest that says {@code answers}, whatever it is asked. */
  private static GuestTree lying(byte[] answers) {
    return new GuestTree(
        new GuestTree.Connection() {
          @Override
          public InputStream answers() {
            return new ByteArrayInputStream(answers);
          }

          @Override
          public OutputStream requests() {
            return OutputStream.nullOutputStream();
          }

          @Override
          public void close() {}
        });
  }

  /** An answer with one entry, and one that says that this was all. */
  private static byte[] entryCalled(String name, int mode, long size, long... extents) {
    byte[] bytes = name.getBytes(UTF_8);
    int content = 96 + bytes.length + 2 + 8 * extents.length;
    ByteBuffer answer =
        ByteBuffer.allocate(8 + content + 8).order(ByteOrder.LITTLE_ENDIAN).putInt(7);
    answer.putInt(content).putInt(mode).position(8 + 16);
    answer.putLong(size).position(8 + 80);
    answer.putInt(bytes.length + 1).putInt(1).putInt(0).putInt(extents.length / 2).put(bytes);
    answer.put((byte) 0).put((byte) 0);
    for (long extent : extents) {
      answer.putLong(extent);
    }
    answer.putInt(9).putInt(0);
    return answer.array();
  }

  @Test
  void aGuestCannotNameFilesOutsideNorPromiseMoreThanAFileHas() throws Exception {
    for (byte[] lie :
        List.of(
            entryCalled("../out", 0100644, 0),
            entryCalled("a/../../out", 0100644, 0),
            entryCalled("/etc/passwd", 0100644, 0),
            entryCalled("a\0b", 0100644, 0),
            entryCalled("a", 0100644, -1),
            entryCalled("a", 0100644, 10, 5, 6),
            entryCalled("a", 0100644, 10, 4, 4, 2, 4))) {
      Path copy = folder.resolve("lie");
      assertThatThrownBy(() -> GuestUpper.copy(() -> lying(lie), copy, true))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("the guest sends what no agent of ours would");
      assertThat(copy).isEmptyDirectory();
    }
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void damagedAnswersAreFailuresAndNothingElse() throws Exception {
    Random random = new Random(7);
    byte[] good = entryCalled("file", 0100644, 3);
    for (int i = 0; i < 2000; i++) {
      byte[] damaged = good.clone();
      for (int j = random.nextInt(4); j >= 0; j--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try (GuestTree tree = lying(damaged)) {
        new GuestFiles(() -> tree, false).export(new ByteArrayOutputStream());
      } catch (IOException | EngineException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }

  /** The other way round: the server takes nothing for granted either. */
  @Test
  void damagedRequestsEndTheServer() throws Exception {
    Path root = Files.createDirectories(folder.resolve("merged/root"));
    Random random = new Random(8);
    for (int i = 0; i < 40; i++) {
      ByteBuffer request = ByteBuffer.allocate(8 + 256).order(ByteOrder.LITTLE_ENDIAN);
      request.putInt(1 + random.nextInt(9)).putInt(random.nextInt(300));
      byte[] rest = new byte[request.remaining()];
      random.nextBytes(rest);
      request.put(rest);
      LaunchPlan plan =
          new LaunchPlan(
              new Supervision(
                  false, 0, 0, true, true, Optional.empty(), Optional.empty(), Optional.empty()),
              List.of(),
              Set.of(),
              List.of(),
              List.of(new Step.UseRoot(root.toString()), new Step.ServeFiles()));
      try (GuestServer server =
          GuestServer.start(
              binary,
              plan,
              folder.resolve("sockets"),
              failure -> new EngineException(Kind.INTERNAL, failure.toString()))) {
        server.requests().write(request.array());
      }
    }
    assertThat(folder.resolve("sockets")).isEmptyDirectory();
  }
}
