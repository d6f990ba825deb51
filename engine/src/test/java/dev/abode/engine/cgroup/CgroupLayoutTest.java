package dev.abode.engine.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CgroupLayoutTest {
  private static final List<String> V1 =
      List.of(
          "30 29 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw",
          "31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct",
          "32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
          "33 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
          "34 30 0:30 / /sys/fs/cgroup/net_cls rw - cgroup cgroup rw,net_cls",
          "35 30 0:28 / /elsewhere rw - cgroup cgroup rw,memory");
  private static final String V2 =
      "36 30 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate";

  private static CgroupLayout parse(List<String> lines) throws IOException {
    return CgroupLayout.parse(lines, root -> List.of("cpu", "memory", "pids"));
  }

  @Test
  void v1HasTheHierarchiesThatAreUsedOnceEach() throws IOException {
    CgroupLayout layout = parse(V1);
    assertThat(layout.kind()).isEqualTo(CgroupLayout.Kind.V1);
    assertThat(layout.version()).isEqualTo(1);
    assertThat(layout.hierarchies())
        .containsExactly(
            new Hierarchy(Path.of("/sys/fs/cgroup/cpu,cpuacct"), List.of("cpu", "cpuacct")),
            new Hierarchy(Path.of("/sys/fs/cgroup/memory"), List.of("memory")));
    assertThat(layout.find("cpuacct")).isPresent();
    assertThat(layout.find("pids")).isEmpty();
  }

  @Test
  void hybridIsV1() throws IOException {
    List<String> lines = new java.util.ArrayList<>(V1);
    lines.add(V2);
    assertThat(parse(lines).kind()).isEqualTo(CgroupLayout.Kind.HYBRID);
    assertThat(parse(lines).version()).isEqualTo(1);
  }

  @Test
  void unifiedIsOneTree() throws IOException {
    CgroupLayout layout = parse(List.of(V2));
    assertThat(layout.kind()).isEqualTo(CgroupLayout.Kind.UNIFIED);
    assertThat(layout.version()).isEqualTo(2);
    assertThat(layout.find("memory")).isPresent();
  }

  @Test
  void noneIsSaidSo() {
    assertThatThrownBy(() -> parse(List.of("1 0 0:1 / / rw - ext4 /dev/vda rw")))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("no control groups are mounted");
  }
}
