package dev.abode.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.Limits;
import dev.abode.engine.instance.SecurityOf;
import dev.abode.engine.instance.WaitCondition;
import dev.abode.engine.testing.MachineCase;
import dev.abode.engine.testing.TestEngine;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Guests whose root turns on what the host keeps for them. */
class HostileGuestTest extends MachineCase {
  /** Makes a device file {@code /dev/DISK} for the disk with that serial number. */
  private static final String NODE =
      "node() { for b in /sys/block/vd*; do [ \"$(cat $b/serial)\" != $1 ] ||"
          + " mknod /dev/$1 b $(tr : ' ' < $b/dev); done; }; ";

  @Override
  protected Limits limits() {
    return SMALL;
  }

  @Test
  void aDiskThatClaimsToBeQcow2StaysADisk() throws Exception {
    Instance instance = run(shell("sleep 1000").security(SecurityOf.privileged()));
    // Version 2, of 1 MiB, on top of a file of the host; ext4 leaves the first KiB to whoever wants
    // it.
    String header =
        "QFI\\373\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\\2\\0\\0\\0\\0\\013\\0\\0\\0\\020\\0\\0\\0\\0\\0\\020\\0\\0";
    String wrote =
        printed(
            instance,
            NODE
                + "node disk; echo kept > /kept; cat /sys/block/vd*/size; printf '"
                + header
                + "' | dd of=/dev/disk conv=notrunc,fsync 2>/dev/null && printf /etc/passwd |"
                + " dd of=/dev/disk seek=512 bs=1 conv=notrunc,fsync 2>/dev/null && echo done");
    assertThat(wrote).endsWith("done\n");
    instance.kill("KILL");
    instance.await(WaitCondition.NOT_RUNNING);
    Path disk = instance.info().folder().resolve("disk");
    assertThat(head(disk, 4)).isEqualTo(new byte[] {'Q', 'F', 'I', (byte) 0xfb});
    long size = Files.size(disk);

    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    instance.copyOut("/kept", tar);
    assertThat(tar.toString(UTF_8)).contains("kept\n");
    instance.start();

    assertThat(printed(instance, "cat /kept /sys/block/vd*/size"))
        .isEqualTo("kept\n" + wrote.replace("done\n", ""));
    assertThat(opened(instance))
        .anyMatch(name -> name.endsWith("/disk"))
        .noneMatch(name -> name.endsWith("passwd"));
    assertThat(Files.size(disk)).isEqualTo(size);
  }

  private static byte[] head(Path file, int count) throws Exception {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(count);
    }
  }

  /** What its hypervisor has open. */
  private static List<String> opened(Instance instance) throws Exception {
    try (Stream<Path> descriptors =
        Files.list(Path.of("/proc/" + instance.info().state().pid() + "/fd"))) {
      return descriptors
          .map(
              descriptor -> {
                try {
                  return Files.readSymbolicLink(descriptor).toString();
                } catch (java.io.IOException e) {
                  return "";
                }
              })
          .toList();
    }
  }

  @Test
  void theLayersOfAnImageAreNoGuestsToWrite() throws Exception {
    Instance attacker = run(shell("sleep 1000").security(SecurityOf.privileged()));
    Map<Path, String> before = layerDisks();
    assertThat(before).isNotEmpty();
    String release = printed(attacker, "cat /etc/alpine-release");
    String tried =
        printed(
            attacker,
            NODE
                + "node layer-0; blockdev --setrw /dev/layer-0; dd if=/dev/urandom of=/dev/layer-0"
                + " bs=4096 count=64 conv=notrunc,fsync 2>/dev/null && echo wrote;"
                + " rm /etc/alpine-release; echo evil > /ls; mv /ls /bin/ls; echo over");
    assertThat(tried).endsWith("over\n").doesNotContain("wrote");

    assertThat(layerDisks()).isEqualTo(before);
    Instance second = run(shell("cat /etc/alpine-release; ls -d /"));
    second.await(WaitCondition.NOT_RUNNING);
    assertThat(TestEngine.log(second)).isEqualTo(release + "/\n");
  }

  /** The disks of all layers, with their digests. */
  private Map<Path, String> layerDisks() throws Exception {
    Map<Path, String> digests = new TreeMap<>();
    try (Stream<Path> files = Files.walk(test.root().resolve("images"))) {
      for (Path file : files.filter(f -> f.endsWith("disk.erofs")).toList()) {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
          in.transferTo(OutputStream.nullOutputStream());
        }
        digests.put(file, HexFormat.of().formatHex(digest.digest()));
      }
    }
    return digests;
  }
}
