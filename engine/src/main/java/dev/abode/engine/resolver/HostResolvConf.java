package dev.abode.engine.resolver;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The host's {@code /etc/resolv.conf} as it is now.
 *
 * <p>It is looked at when it is asked for, but at most every {@link #INTERVAL}: one {@code stat},
 * which follows the links that such files often are, and a read only when that has changed. A watch
 * on the folder would miss a change behind such a link.
 */
final class HostResolvConf {
  private static final Logger LOGGER = LoggerFactory.getLogger(HostResolvConf.class);
  private static final Duration INTERVAL = Duration.ofMillis(500);

  /** Without a file, or a server in it, the C library asks the host itself: resolv.conf(5). */
  private static final List<InetAddress> UNSAID = List.of(InetAddress.ofLiteral("127.0.0.1"));

  private static final Version NEVER = new Version(FileTime.fromMillis(Long.MIN_VALUE), -1, "");

  private final Path file;
  private final ReentrantLock looking = new ReentrantLock();
  private volatile Seen seen;

  private record Version(FileTime changed, long bytes, String key) {}

  private record Seen(Version version, ResolvConf content, long atNanos) {}

  HostResolvConf(Path file) {
    this.file = file;
    this.seen = look(NEVER, ResolvConf.parse(""));
  }

  ResolvConf now() {
    Seen last = seen;
    boolean fresh = System.nanoTime() - last.atNanos() < INTERVAL.toNanos();
    // Of several threads that come here at once one looks; the others live with what is known.
    if (fresh || !looking.tryLock()) {
      return last.content();
    }
    try {
      seen = look(last.version(), last.content());
      return seen.content();
    } finally {
      looking.unlock();
    }
  }

  private Seen look(Version known, ResolvConf content) {
    Version version = version();
    if (version.equals(known)) {
      return new Seen(known, content, System.nanoTime());
    }
    try {
      ResolvConf read = ResolvConf.parse(Files.readString(file));
      return new Seen(version, orItself(read), System.nanoTime());
    } catch (IOException e) {
      LOGGER.debug("the host's {} cannot be read", file, e);
      return new Seen(version, orItself(ResolvConf.parse("")), System.nanoTime());
    }
  }

  private static ResolvConf orItself(ResolvConf read) {
    return read.servers().isEmpty() ? read.with(UNSAID, List.of(), List.of()) : read;
  }

  private Version version() {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return new Version(
          attributes.lastModifiedTime(),
          attributes.size(),
          Objects.requireNonNullElse(attributes.fileKey(), "").toString());
    } catch (IOException e) {
      return new Version(FileTime.fromMillis(0), 0, "");
    }
  }
}
