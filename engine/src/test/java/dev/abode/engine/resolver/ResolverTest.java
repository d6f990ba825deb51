package dev.abode.engine.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.linux.NetworkNamespace;
import dev.abode.linux.testing.Eventually;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real programs ask in a network namespace; a real name server answers upstream. */
class ResolverTest {
  /** Loopback addresses of this process alone, so that several may run the tests at once. */
  private static final String PREFIX =
      "127."
          + (100 + ProcessHandle.current().pid() / 250 % 150)
          + '.'
          + (1 + ProcessHandle.current().pid() % 250)
          + '.';

  private static final String FIRST = PREFIX + 1;
  private static final String SECOND = PREFIX + 2;
  private static final String NOBODY = PREFIX + 9;

  @TempDir private Path folder;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private Path conf;
  private Apartment apartment;
  private Resolver resolver;

  @BeforeEach
  void open() throws IOException {
    conf = folder.resolve("resolv.conf");
    say("nameserver " + FIRST);
    apartment = add(Apartment.open());
    resolver = add(Resolver.open(conf));
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable part : opened.reversed()) {
      part.close();
    }
  }

  private <T extends AutoCloseable> T add(T part) {
    opened.add(part);
    return part;
  }

  /** Replaces the host's file as a network manager does. */
  private void say(String... lines) throws IOException {
    Path next = Files.writeString(folder.resolve("next"), String.join("\n", lines) + "\n");
    Files.move(next, conf, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private Listener serve(Zone zone, String... servers) throws IOException {
    List<InetAddress> list = new ArrayList<>();
    for (String server : servers) {
      list.add(InetAddress.ofLiteral(server));
    }
    try (NetworkNamespace namespace = apartment.namespace()) {
      return add(resolver.serve(namespace, zone, list));
    }
  }

  private void upstream(String address, String... settings) throws IOException {
    add(Dnsmasq.start(address, settings));
  }

  // ---- neighbours

  @Test
  void namesOfNeighboursHaveTheAddressesOfTheFamilyAskedFor() throws IOException {
    serve(new Neighbours().with("web", "10.77.0.2", "fd00:77::2").with("old", "10.77.0.3"));
    assertThat(apartment.dig("+short", "web", "A")).isEqualTo("10.77.0.2");
    assertThat(apartment.dig("+short", "WeB", "AAAA")).isEqualTo("fd00:77::2");
    assertThat(apartment.dig("+tcp", "+short", "web")).isEqualTo("10.77.0.2");
    assertThat(apartment.dig("old", "AAAA")).contains("NOERROR", "ANSWER: 0");
    assertThat(apartment.dig("old", "MX")).contains("NOERROR", "ANSWER: 0");
    assertThat(apartment.dig("old", "A")).contains("flags: qr aa rd ra", "old.\t\t\t5\tIN\tA\t");
  }

  @Test
  void reverseLookUpsFindNeighboursAndNobodyElseOnTheirNetwork() throws IOException {
    upstream(FIRST, "--host-record=outside.example,192.0.2.9");
    serve(new Neighbours().with("web", "10.77.0.2", "fd00:77::2"));
    assertThat(apartment.dig("+short", "-x", "10.77.0.2")).isEqualTo("web.home.");
    assertThat(apartment.dig("+short", "-x", "fd00:77::2")).isEqualTo("web.home.");
    assertThat(apartment.dig("-x", "10.77.0.99")).contains("NXDOMAIN");
    assertThat(apartment.dig("+short", "-x", "192.0.2.9")).isEqualTo("outside.example.");
  }

  @Test
  void whatTheZoneSaysIsAskedAnewEachTime() throws IOException {
    Neighbours neighbours = new Neighbours().with("web", "10.77.0.2");
    serve(neighbours);
    assertThat(apartment.dig("+short", "web")).isEqualTo("10.77.0.2");
    neighbours.with("web", "10.77.0.5");
    assertThat(apartment.dig("+short", "web")).isEqualTo("10.77.0.5");
  }

  @Test
  void aNameOfManyAddressesIsTruncatedInADatagramAndWholeOverTcp() throws IOException {
    String[] many =
        IntStream.range(0, 300)
            .mapToObj(i -> "10.77.1." + i % 250)
            .distinct()
            .toArray(String[]::new);
    serve(new Neighbours().with("many", many));
    String datagram = apartment.dig("+noedns", "+ignore", "many");
    assertThat(datagram).contains("flags: qr aa tc");
    assertThat(datagram.lines().filter(line -> line.startsWith("many.")).count())
        .isBetween(20L, 30L);
    assertThat(apartment.dig("+short", "many").lines()).containsExactlyInAnyOrder(many);
    assertThat(apartment.dig("+bufsize=1232", "+ignore", "many"))
        .contains("flags: qr aa tc", "udp: 1232");
  }

  @Test
  void severalAddressesComeInAnotherOrderEachTime() throws IOException {
    serve(new Neighbours().with("web", "10.77.0.1", "10.77.0.2", "10.77.0.3", "10.77.0.4"));
    List<String> orders = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      orders.add(apartment.dig("+short", "web"));
    }
    assertThat(orders.stream().distinct().count()).isGreaterThan(1);
  }

  @Test
  void theCLibrariesAgree() throws IOException {
    upstream(FIRST, "--host-record=outside.example,192.0.2.9,2001:db8::9");
    serve(new Neighbours().with("web", "10.77.0.2", "fd00:77::2").with("old", "10.77.0.3"));
    Path file =
        Files.writeString(
            folder.resolve("inside"), "nameserver 127.0.0.11\noptions ndots:0 timeout:30\n");
    assertThat(withResolvConf(file, "getent", "ahosts", "web")).contains("10.77.0.2", "fd00:77::2");
    assertThat(withResolvConf(file, "getent", "ahosts", "old")).contains("10.77.0.3");
    assertThat(withResolvConf(file, "getent", "hosts", "10.77.0.2")).contains("web.home");
    assertThat(withResolvConf(file, "getent", "ahosts", "outside.example"))
        .contains("192.0.2.9", "2001:db8::9");
    assertThat(withResolvConf(file, "getent", "ahosts", "nobody.example")).isEmpty();
    assertThat(withResolvConf(file, "busybox", "nslookup", "web"))
        .contains("10.77.0.2", "fd00:77::2");
  }

  private String withResolvConf(Path file, String... command) throws IOException {
    List<String> inside =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"",
                file.toString()));
    inside.addAll(List.of(command));
    return apartment.run(inside.toArray(String[]::new));
  }

  // ---- upstream

  @Test
  void everythingElseIsAskedUpstream() throws IOException {
    upstream(
        FIRST,
        "--host-record=outside.example,192.0.2.9,2001:db8::9",
        "--txt-record=text.example,hello",
        "--local=/example/");
    serve(new Neighbours().with("web", "10.77.0.2"));
    assertThat(apartment.dig("+short", "outside.example")).isEqualTo("192.0.2.9");
    assertThat(apartment.dig("+short", "outside.example", "AAAA")).isEqualTo("2001:db8::9");
    assertThat(apartment.dig("+short", "+tcp", "text.example", "TXT")).isEqualTo("\"hello\"");
    assertThat(apartment.dig("nobody.example")).contains("NXDOMAIN");
    assertThat(apartment.dig("outside.example", "MX")).contains("NOERROR", "ANSWER: 0");
  }

  @Test
  void largeAnswersComeOverTcp() throws IOException {
    List<String> records = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      records.add("--txt-record=large.example," + "x".repeat(200) + i);
    }
    upstream(FIRST, records.toArray(String[]::new));
    serve(Zone.EMPTY);
    assertThat(apartment.dig("+ignore", "large.example", "TXT")).contains(" tc ");
    assertThat(apartment.dig("+short", "large.example", "TXT").lines().distinct()).hasSize(30);
  }

  @Test
  void anotherServerIsAskedWhenOneIsDeadOrRefuses() throws IOException {
    upstream(SECOND, "--host-record=outside.example,192.0.2.9");
    // A server that knows nothing and may ask nobody refuses.
    upstream(FIRST);
    say("nameserver " + NOBODY, "nameserver " + FIRST, "nameserver " + SECOND);
    Resolver other = add(Resolver.open(conf));
    try (NetworkNamespace namespace = apartment.namespace()) {
      add(other.serve(namespace, Zone.EMPTY, List.of()));
    }
    assertThat(apartment.dig("+short", "outside.example")).isEqualTo("192.0.2.9");
    assertThat(apartment.dig("elsewhere.example")).contains("REFUSED");
  }

  @Test
  void aSilentServerIsPassedOverFromThenOn() throws IOException {
    upstream(SECOND, "--host-record=outside.example,192.0.2.9");
    try (DatagramSocket silent =
        new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(FIRST), 53))) {
      say("options timeout:4");
      Resolver other = add(Resolver.open(conf));
      List<InetAddress> servers =
          List.of(InetAddress.ofLiteral(FIRST), InetAddress.ofLiteral(SECOND));
      try (NetworkNamespace namespace = apartment.namespace()) {
        add(other.serve(namespace, Zone.EMPTY, servers));
      }
      assertThat(apartment.dig("+short", "outside.example")).isEqualTo("192.0.2.9");
      silent.receive(new DatagramPacket(new byte[512], 512));
      silent.setSoTimeout(1);
      assertThat(apartment.dig("+short", "outside.example")).isEqualTo("192.0.2.9");
      assertThatThrownBy(() -> silent.receive(new DatagramPacket(new byte[512], 512)))
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void whenNobodyAnswersTheClientIsTold() throws IOException {
    serve(Zone.EMPTY, NOBODY);
    assertThat(apartment.dig("outside.example")).contains("SERVFAIL");
  }

  @Test
  void aChangeOfTheHostsFileIsFollowed() throws Exception {
    upstream(FIRST, "--host-record=outside.example,192.0.2.1");
    upstream(SECOND, "--host-record=outside.example,192.0.2.2");
    serve(Zone.EMPTY);
    assertThat(apartment.dig("+short", "outside.example")).isEqualTo("192.0.2.1");
    say("nameserver " + SECOND);
    Eventually.until(
        "the other server is asked",
        () -> apartment.dig("+short", "outside.example").equals("192.0.2.2"));
  }

  @Test
  void anInstancesOwnServersTakeTheHostsPlace() throws IOException {
    upstream(FIRST, "--host-record=outside.example,192.0.2.1");
    upstream(SECOND, "--host-record=outside.example,192.0.2.2");
    serve(Zone.EMPTY, SECOND);
    assertThat(apartment.dig("+short", "outside.example")).isEqualTo("192.0.2.2");
  }

  @Test
  void onInternalNetworksNothingIsAskedOutside() throws IOException {
    upstream(FIRST, "--host-record=outside.example,192.0.2.9");
    serve(new Neighbours().with("web", "10.77.0.2").internal());
    assertThat(apartment.dig("+short", "web")).isEqualTo("10.77.0.2");
    assertThat(apartment.dig("outside.example")).contains("NXDOMAIN");
  }

  @Test
  void anAnswerToAnotherQuestionIsWaitedPast() throws Exception {
    try (DatagramSocket liar =
        new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(FIRST), 53))) {
      serve(Zone.EMPTY);
      Thread lying = Thread.ofVirtual().start(() -> answerWithLiesFirst(liar));
      assertThat(apartment.dig("asked.example")).contains("NXDOMAIN", "asked.example.");
      lying.join();
    }
  }

  private static void answerWithLiesFirst(DatagramSocket liar) {
    try {
      DatagramPacket packet = new DatagramPacket(new byte[512], 512);
      liar.receive(packet);
      byte[] question = packet.getData();
      byte[] answer = question.clone();
      answer[2] |= (byte) 0x80;
      answer[1]++; // another identifier
      liar.send(new DatagramPacket(answer, packet.getLength(), packet.getSocketAddress()));
      answer[1]--;
      answer[Header.BYTES + 1] ^= 1; // another name
      liar.send(new DatagramPacket(answer, packet.getLength(), packet.getSocketAddress()));
      answer[Header.BYTES + 1] ^= 1;
      answer[3] |= 3;
      liar.send(new DatagramPacket(answer, packet.getLength(), packet.getSocketAddress()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  // ---- many

  @Test
  void aHundredLookUpsAtOnceAreAllAnswered() throws Exception {
    upstream(FIRST, "--host-record=outside.example,192.0.2.9", "--dns-forward-max=1000");
    serve(new Neighbours().with("web", "10.77.0.2"));
    List<Process> asking = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Path names = folder.resolve("names" + i);
      Files.writeString(names, "web\noutside.example\n".repeat(5));
      asking.add(
          apartment.start(
              List.of(
                  "xargs",
                  "-a",
                  names.toString(),
                  "-P",
                  "10",
                  "-n",
                  "1",
                  "dig",
                  "@127.0.0.11",
                  "+short",
                  "+tries=1",
                  "+timeout=60")));
    }
    List<String> answers = new ArrayList<>();
    for (Process process : asking) {
      answers.addAll(Apartment.said(process).lines().toList());
    }
    assertThat(answers.stream().filter("10.77.0.2"::equals)).hasSize(50);
    assertThat(answers.stream().filter("192.0.2.9"::equals)).hasSize(50);
  }

  @Test
  void aSlowUpstreamDelaysNobodyElse() throws Exception {
    try (DatagramSocket silent =
        new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(FIRST), 53))) {
      say("nameserver " + FIRST, "options timeout:30");
      Resolver patient = add(Resolver.open(conf));
      try (NetworkNamespace namespace = apartment.namespace()) {
        add(patient.serve(namespace, new Neighbours().with("web", "10.77.0.2"), List.of()));
      }
      List<Process> slow = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        slow.add(
            apartment.start(
                List.of("dig", "@127.0.0.11", "+tries=1", "+timeout=60", "slow" + i + ".example")));
      }
      silent.receive(new DatagramPacket(new byte[512], 512));
      assertThat(apartment.dig("+short", "+timeout=20", "web")).isEqualTo("10.77.0.2");
      assertThat(slow).allMatch(Process::isAlive);
      slow.forEach(Process::destroy);
    }
  }

  @Test
  void severalQuestionsOnOneConnectionAreAnswered() throws IOException {
    serve(new Neighbours().with("web", "10.77.0.2").with("db", "10.77.0.3"));
    assertThat(apartment.dig("+tcp", "+keepopen", "+short", "web", "db", "web").lines())
        .containsExactly("10.77.0.2", "10.77.0.3", "10.77.0.2");
  }

  @Test
  void manyInstancesAreServedByOneThread() throws Exception {
    int threads = Thread.activeCount();
    List<Apartment> apartments = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      Apartment next = add(Apartment.open());
      apartments.add(next);
      try (NetworkNamespace namespace = next.namespace()) {
        add(resolver.serve(namespace, new Neighbours().with("me", "10.77.0." + i), List.of()));
      }
    }
    for (int i = 0; i < apartments.size(); i++) {
      assertThat(apartments.get(i).dig("+short", "me")).isEqualTo("10.77.0." + i);
    }
    assertThat(Thread.activeCount()).isLessThan(threads + 10);
  }

  // ---- beginning and end

  @Test
  void afterTheEndNothingListensAndNothingKeepsTheNamespace() throws IOException {
    Listener listener = serve(new Neighbours().with("web", "10.77.0.2"));
    assertThat(apartment.dig("+tcp", "+short", "web")).isEqualTo("10.77.0.2");
    assertThat(apartment.run("ss", "-Hlntu")).contains("127.0.0.11:53");
    listener.close();
    assertThat(apartment.run("ss", "-Hlntu")).isEmpty();
    serve(new Neighbours().with("web", "10.77.0.3"));
    assertThat(apartment.dig("+short", "web")).isEqualTo("10.77.0.3");
  }

  @Test
  void anAddressThatIsTakenIsAnError() throws IOException {
    serve(Zone.EMPTY);
    assertThatThrownBy(() -> serve(Zone.EMPTY)).isInstanceOf(IOException.class);
  }

  @Test
  void machinesAskAtAnAddressOfTheHostAndLoopsAreBroken() throws Exception {
    String gateway = PREFIX + 5;
    upstream(FIRST, "--host-record=outside.example,192.0.2.9");
    say("nameserver " + gateway, "nameserver " + FIRST);
    Resolver circular = add(Resolver.open(conf));
    add(
        circular.listen(
            InetAddress.ofLiteral(gateway), new Neighbours().with("web", "10.77.0.2"), List.of()));
    Process dig =
        new ProcessBuilder("dig", "@" + gateway, "+short", "web", "outside.example").start();
    assertThat(Apartment.said(dig).lines()).containsExactly("10.77.0.2", "192.0.2.9");
  }

  @Test
  void rubbishIsRefusedOrIgnoredAndHarmsNobody() throws Exception {
    serve(new Neighbours().with("web", "10.77.0.2"));
    assertThat(apartment.dig("+opcode=STATUS", "web")).contains("NOTIMP");
    assertThat(apartment.dig("+edns=3", "+noednsnegotiation", "web")).contains("BADVERS");
    assertThat(apartment.dig("web", "AXFR")).contains("Transfer failed");
    try (NetworkNamespace namespace = apartment.namespace();
        DatagramSocket socket = namespace.call(DatagramSocket::new)) {
      java.util.Random random = new java.util.Random(7);
      for (int i = 0; i < 500; i++) {
        byte[] rubbish = new byte[random.nextInt(80)];
        random.nextBytes(rubbish);
        socket.send(
            new DatagramPacket(
                rubbish, rubbish.length, new InetSocketAddress(Resolver.ADDRESS, 53)));
      }
    }
    assertThat(apartment.dig("+short", "web")).isEqualTo("10.77.0.2");
  }
}
