package dev.abode.engine.filesystem;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.linux.testing.TestImages;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process whose root is an overlay over Alpine's root file system, in a mount namespace that ends
 * with it: what a container is to {@link ContainerFiles}, made without the engine.
 */
final class RootedProcess implements AutoCloseable {
  private final Process process;

  private RootedProcess(Process process) {
    this.process = process;
  }

  /** Unpacks the image into an empty folder. */
  static void unpackAlpine(Path base) throws IOException, InterruptedException {
    Path archive = TestImages.folder().resolve("rootfs/alpine-minirootfs-3.20.3-x86_64.tar.gz");
    run("tar", "-xzf", archive.toString(), "-C", base.toString());
  }

  static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
  }

  /**
   * Starts a shell in there and returns when it is ready.
   *
   * @param base the lower layer
   * @param folder gets {@code upper}, {@code work} and {@code merged}
   * @param mounts a script that runs outside, in the merged tree, before the root is changed
   * @param script what the shell inside does
   */
  static RootedProcess start(Path base, Path folder, String mounts, String script)
      throws IOException {
    for (String name : new String[] {"upper", "work", "merged"}) {
      Files.createDirectories(folder.resolve(name));
    }
    String command =
        "set -e; cd "
            + folder
            + "; mount -t overlay overlay -o"
            + " lowerdir="
            + base
            + ",upperdir=upper,workdir=work,redirect_dir=off,index=off merged;"
            + " cd merged; mount -t proc proc proc; "
            + mounts
            + "\nexec chroot . /bin/sh -c \"$0\"";
    Process process =
        new ProcessBuilder("unshare", "--mount", "sh", "-c", command, "echo ready; " + script)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    assertThat(out.readLine()).isEqualTo("ready");
    return new RootedProcess(process);
  }

  RootSource source(IdMapping ids) throws IOException {
    int pid = (int) process.pid();
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), ISO_8859_1);
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return new RootSource.Running(pid, Long.parseLong(fields[19]), ids);
  }

  int pid() {
    return (int) process.pid();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
