package dev.abode.engine.machine;

import dev.abode.engine.container.HostFacts;
import dev.abode.engine.container.Identity;
import dev.abode.init.Capability;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is known of a guest before its workload begins.
 *
 * @param id the instance's, 64 hexadecimal digits
 * @param layers how many read-only disks there are, the top one being {@code layer-0}
 * @param identity who the workload runs as
 * @param etc the content of files in {@code /etc} that are the engine's own, by name
 * @param kernel the guest's
 * @param cards of its board, the first of which leads to the name service
 * @param shares folders and files of the host
 * @param modules by name, in the order of loading, without which the guest's kernel knows no shares
 */
public record GuestGround(
    String id,
    int layers,
    Identity identity,
    Map<String, String> etc,
    HostFacts kernel,
    List<NetworkCard> cards,
    List<Share> shares,
    List<String> modules) {
  private static final Pattern RELEASE = Pattern.compile("^(\\d+)\\.(\\d+)");

  /** Of a plan that executes nothing. */
  static final HostFacts NO_KERNEL =
      new HostFacts(6, 1, System.getProperty("os.arch"), Set.<Capability>of(), Map.of(), List.of());

  public GuestGround {
    etc = Map.copyOf(etc);
    cards = List.copyOf(cards);
    shares = List.copyOf(shares);
    modules = List.copyOf(modules);
  }

  /** Of a plan beside one that has set up network and mounts. */
  public GuestGround(
      String id, int layers, Identity identity, Map<String, String> etc, HostFacts kernel) {
    this(id, layers, identity, etc, kernel, List.of(), List.of(), List.of());
  }

  /** What a plan needs to know of the guest's kernel: its agent holds every capability. */
  public static HostFacts kernel(String release) {
    Matcher version = RELEASE.matcher(release);
    if (!version.find()) {
      throw new IllegalArgumentException("no release begins like " + release);
    }
    return new HostFacts(
        Integer.parseInt(version.group(1)),
        Integer.parseInt(version.group(2)),
        System.getProperty("os.arch"),
        EnumSet.allOf(Capability.class),
        Map.of(),
        List.of());
  }
}
