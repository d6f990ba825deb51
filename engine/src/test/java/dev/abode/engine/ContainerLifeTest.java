package dev.abode.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.NetworkMode;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.TestEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The life of containers, with what they alone can do: share a kernel. */
class ContainerLifeTest extends LifeContract {
  @Test
  void keepsItsRangeOfIdsToItself() throws Exception {
    Instance one = run(shell("cat /proc/self/uid_map; sleep 1000"));
    Instance two = run(shell("cat /proc/self/uid_map; sleep 1000"));
    assertThat(TestEngine.awaitLines(one, 1))
        .isNotEqualTo(TestEngine.awaitLines(two, 1))
        .first()
        .asString()
        .contains(" 65536");
  }

  @Test
  void sharesNamespacesOfAnother() throws Exception {
    Instance first = run(shell("sleep 1000").name("first"));
    Instance second =
        run(
            shell("readlink /proc/self/ns/net; readlink /proc/1/ns/net")
                .network(new NetworkMode.Instance("first")));
    second.await(WaitCondition.NOT_RUNNING);
    assertThat(TestEngine.log(second))
        .contains(
            Files.readSymbolicLink(Path.of("/proc/" + first.info().state().pid() + "/ns/net"))
                .toString());
  }
}
