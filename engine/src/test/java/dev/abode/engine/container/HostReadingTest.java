package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.init.Capability;
import dev.abode.init.ResourceLimit;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read of the host, and the texts that are made from it. */
class HostReadingTest {
  private static final HostFacts HOST =
      new HostFacts(6, 3, "amd64", EnumSet.noneOf(Capability.class), Map.of(), List.of());

  private static final List<String> MOUNTS =
      List.of(
          "1 0 254:0 / / rw - ext4 /dev/vda rw",
          "2 1 0:5 / /proc rw - proc proc rw",
          "3 1 0:6 / /tmp rw - tmpfs tmpfs rw",
          "4 1 0:7 / /srv/with\\040space rw - nfs4 server:/x rw",
          "5 1 0:8 / /srv/fuse rw - fuse.sshfs x rw");

  @ParameterizedTest
  @CsvSource({
    "/home, true, true",
    "/, true, false",
    "/, false, true",
    "/srv, true, false",
    "/srv, false, true",
    "/srv/with space/a, false, false",
    "/srv/without, false, true",
    "/tmp/x, true, true",
    "/proc/sys, false, false",
  })
  void ownersAreMappedWhereEveryMountAllows(String source, boolean recursive, boolean mappable) {
    assertThat(BindSources.idMappable(source, recursive, MOUNTS, HOST)).isEqualTo(mappable);
  }

  @Test
  void factsOfThisHost() throws IOException {
    HostFacts facts = HostFacts.read();
    assertThat(facts.kernelMajor()).isGreaterThanOrEqualTo(5);
    assertThat(facts.capabilities()).contains(Capability.SYS_ADMIN);
    assertThat(facts.hardLimits()).containsKey(ResourceLimit.NOFILE);
    assertThat(facts.kernelAtLeast(4, 99)).isTrue();
    assertThat(facts.kernelAtLeast(facts.kernelMajor(), facts.kernelMinor() + 1)).isFalse();
  }

  @Test
  void limitsAndCapabilitiesAreReadFromTheirFiles() {
    assertThat(
            HostFacts.limits(
                List.of(
                    "Limit                     Soft Limit           Hard Limit           Units     ",
                    "Max open files            1024                 4096                 files     ",
                    "Max core file size        0                    unlimited            bytes     ")))
        .isEqualTo(Map.of(ResourceLimit.NOFILE, 4096L, ResourceLimit.CORE, -1L));
    assertThat(
            HostFacts.permitted(List.of("CapInh:\t0000000000000000", "CapPrm:\t0000000000000021")))
        .containsExactlyInAnyOrder(Capability.CHOWN, Capability.KILL);
  }

  @Test
  void hostsHaveTheNameAndTheExtraOnes() {
    assertThat(hosts("lab", List.of("db:10.0.0.1", "six:fd00::1", "seven:[fd00::7]")))
        .contains("127.0.1.1\tbox.lab box\n", "10.0.0.1\tdb\n", "fd00::1\tsix\n")
        .contains("fd00::7\tseven\n");
    assertThatThrownBy(() -> hosts("", List.of("nonsense"))).hasMessageContaining("name:address");
    assertThatThrownBy(() -> hosts("", List.of("gate:host-gateway")))
        .hasMessageContaining("connect the instance to one");
  }

  private static String hosts(String domainname, List<String> extra) {
    return EtcFiles.hosts("box", domainname, extra, List.of(), Optional.empty());
  }

  @Test
  void hostsHaveTheAddressesInTheInstancesNetworks() {
    assertThat(
            EtcFiles.hosts(
                "box",
                "",
                List.of("gate:host-gateway"),
                List.of("10.0.0.7", "fd00::7"),
                Optional.of("10.0.0.1")))
        .contains("10.0.0.7\tbox\n", "fd00::7\tbox\n", "10.0.0.1\tgate\n")
        .doesNotContain("127.0.1.1");
  }

  @Test
  void capabilityNames() {
    assertThat(Capabilities.parse("cap_net_admin")).isEqualTo(Capability.NET_ADMIN);
    assertThatThrownBy(() -> Capabilities.parse("NET_ADMINS"))
        .hasMessageContaining("unknown capability \"NET_ADMINS\"");
  }
}
