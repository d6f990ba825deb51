package dev.abode.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A machine on the Internet as far as containers can tell: a name server, and a web server with a
 * package {@code greeting} for Debian and for Alpine, which puts down {@code /opt/greeting/hello}.
 * Nothing of it depends on the host's being connected.
 */
final class Mirror implements AutoCloseable {
  /** Its name, which only its own name server knows. */
  static final String NAME = "mirror.example";

  static final int PORT = 8000;

  /** A name with text of more than 4,096 bytes, in as many records. */
  static final String LARGE = "large.example";

  static final int LARGE_RECORDS = 30;

  /** What the package puts down. */
  static final String HELLO = "hello from outside";

  /** In a folder with the package's content in {@code content}. */
  private static final String PACK =
      """
      set -e
      mkdir debian debian/DEBIAN
      cp -r content/opt debian
      printf '%s\\n' 'Package: greeting' 'Version: 1.0' 'Architecture: all' \\
        'Maintainer: Nobody <nobody@mirror.example>' 'Description: a greeting' > debian/DEBIAN/control
      dpkg-deb --root-owner-group --build debian greeting_1.0_all.deb
      sed '$d' debian/DEBIAN/control > Packages
      printf '%s\\n' 'Filename: ./greeting_1.0_all.deb' \\
        "Size: $(stat -c %s greeting_1.0_all.deb)" \\
        "SHA256: $(sha256sum < greeting_1.0_all.deb | cut -d ' ' -f 1)" \\
        'Description: a greeting' >> Packages
      mkdir x86_64
      tar -C content -czf data.tar.gz opt
      printf '%s\\n' 'pkgname = greeting' 'pkgver = 1.0-r0' 'arch = x86_64' 'size = 19' \\
        'pkgdesc = a greeting' 'url = http://mirror.example' 'license = none' \\
        "datahash = $(sha256sum < data.tar.gz | cut -d ' ' -f 1)" > .PKGINFO
      # The first of the two streams has no end of its own: apk reads on.
      { tar -b 1 -cf - .PKGINFO | head -c -1024 | gzip -n; cat data.tar.gz; } \\
        > x86_64/greeting-1.0-r0.apk
      """;

  private final Process names;
  private final Process pages;
  private final Path log;

  private Mirror(Process names, Process pages, Path log) {
    this.names = names;
    this.pages = pages;
    this.log = log;
  }

  /**
   * Packs the package.
   *
   * @param folder to be made, of what is served
   */
  static void pack(Path folder) throws IOException, InterruptedException {
    Path greeting = Files.createDirectories(folder.resolve("content/opt/greeting"));
    Files.writeString(greeting.resolve("hello"), HELLO + "\n");
    Command.of(Map.of(), List.of("sh", "-c", "cd \"$0\"\n" + PACK, folder.toString())).ok();
  }

  /** Serves a folder from another machine. */
  static Mirror open(Elsewhere elsewhere, Path folder) throws IOException {
    String address = elsewhere.address();
    List<String> settings =
        IntStream.range(0, LARGE_RECORDS)
            .mapToObj(i -> "--txt-record=" + LARGE + "," + "x".repeat(200) + i)
            .toList();
    Path records = Files.writeString(folder.resolve("records"), lines(settings));
    Process names =
        elsewhere
            .command(
                "dnsmasq",
                "--conf-file=" + records,
                "--keep-in-foreground",
                "--log-facility=-",
                "--pid-file=",
                "--user=root",
                "--no-resolv",
                "--no-hosts",
                "--bind-interfaces",
                "--listen-address=" + address,
                "--local=/example/",
                "--host-record=" + NAME + "," + address)
            .start();
    await(names.errorReader(), "started, version");
    Path log = folder.resolve("log");
    Process pages =
        elsewhere
            .command(
                "sh",
                "-c",
                "exec python3 -u -m http.server $0 --bind $1 --directory $2 2>$3",
                Integer.toString(PORT),
                address,
                folder.toString(),
                log.toString())
            .start();
    await(pages.inputReader(), "Serving HTTP");
    return new Mirror(names, pages, log);
  }

  private static String lines(List<String> options) {
    return String.join("\n", options.stream().map(option -> option.substring(2)).toList()) + "\n";
  }

  private static void await(BufferedReader reader, String sign) throws IOException {
    StringBuilder said = new StringBuilder();
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      if (line.contains(sign)) {
        return;
      }
      said.append(line).append('\n');
    }
    throw new IOException("a server of the other machine did not start: " + said);
  }

  /** Who asked for what, a line each, the asker's address first. */
  List<String> requests() throws IOException {
    return Files.readAllLines(log);
  }

  @Override
  public void close() {
    for (Process server : List.of(pages, names)) {
      server.destroy();
      server.onExit().join();
    }
  }
}
