package dev.abode.engine.insight;

import dev.abode.engine.record.InstanceRecord;
import dev.abode.image.MergedTree;
import dev.abode.linux.FileTreeStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Looks into an instance's files for why a program cannot be executed, {@code execve(2)}. */
final class ExecutableLook {
  private static final int HEAD_BYTES = 64 << 10;
  private static final int ANY_EXECUTE = 0111;

  private final MergedTree root;
  private final String image;
  private final List<String> findings = new ArrayList<>();
  private final List<String> tries = new ArrayList<>();

  private ExecutableLook(MergedTree root, String image) {
    this.root = root;
    this.image = image;
  }

  /** Looks at the program {@code name} as {@code record} would execute it. */
  static ExecutableLook at(MergedTree root, InstanceRecord record, String name) throws IOException {
    ExecutableLook look = new ExecutableLook(root, record.spec().image());
    look.look(record, name);
    return look;
  }

  List<String> findings() {
    return findings;
  }

  List<String> tries() {
    return tries;
  }

  private void look(InstanceRecord record, String name) throws IOException {
    Optional<String> path = locate(record, name);
    if (path.isEmpty()) {
      missing(record, name);
      return;
    }
    FileTreeStatus status = root.status(path.get()).orElseThrow();
    switch (status.kind()) {
      case DIRECTORY -> findings.add(path.get() + " is a folder, not a program.");
      case REGULAR -> file(path.get(), status);
      case FIFO, CHARACTER_DEVICE, BLOCK_DEVICE, SYMBOLIC_LINK, SOCKET ->
          findings.add(path.get() + " is no ordinary file.");
    }
  }

  private Optional<String> locate(InstanceRecord record, String name) throws IOException {
    if (name.contains("/")) {
      String path = name.startsWith("/") ? name : record.workingDirectory() + "/" + name;
      return Optional.of(path).filter(this::exists);
    }
    for (String folder : path(record).split(":", -1)) {
      String candidate = (folder.isEmpty() ? record.workingDirectory() : folder) + "/" + name;
      if (exists(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  private boolean exists(String path) {
    try {
      return root.status(path).isPresent();
    } catch (IOException e) {
      // A loop of links, or a file where a folder should be: nothing that can be executed.
      return false;
    }
  }

  private static String path(InstanceRecord record) {
    return record.environment().stream()
        .filter(line -> line.startsWith("PATH="))
        .map(line -> line.substring("PATH=".length()))
        .findFirst()
        .orElse("/bin:/usr/bin");
  }

  private void missing(InstanceRecord record, String name) {
    if (name.contains(" ")) {
      findings.add(
          "The words \"" + name + "\" were taken for the name of one program, spaces included.");
      tries.add("leave the quotes away, or run: sh -c \"" + name + "\"");
      return;
    }
    findings.add(
        name.contains("/")
            ? "There is no " + name + " in the image."
            : "There is no " + name + " in any folder of its PATH (" + path(record) + ").");
    String base = name.substring(name.lastIndexOf('/') + 1);
    if (base.matches("bash|zsh|ash|dash") && exists("/bin/sh")) {
      tries.add("use sh instead of " + base + ": the image has /bin/sh");
    } else if (exists("/bin/sh")) {
      tries.add("abode run --rm -it --entrypoint sh " + image + " # look which programs there are");
    } else {
      tries.add(
          "abode create " + image + " && abode export … | tar -t # it has no shell to look with");
    }
  }

  private void file(String path, FileTreeStatus status) throws IOException {
    if ((status.permissions() & ANY_EXECUTE) == 0) {
      findings.add(
          path
              + " has no execute permission (mode "
              + String.format(Locale.ROOT, "%04o", status.permissions())
              + ").");
      tries.add("chmod +x it where the image is built");
      return;
    }
    byte[] head = head(path);
    if (head.length == 0) {
      findings.add(path + " is empty.");
    } else if (head.length > 2 && head[0] == '#' && head[1] == '!') {
      script(path, head);
    } else if (ElfHead.isElf(head)) {
      binary(path, head);
    } else {
      findings.add(path + " is neither a binary nor a script that begins with #!.");
      tries.add("let it begin with a line #!/bin/sh, or run it as: sh " + path);
    }
  }

  private byte[] head(String path) throws IOException {
    Optional<Path> host = root.find(path);
    if (host.isEmpty()) {
      return new byte[0];
    }
    try (InputStream in = Files.newInputStream(host.get(), LinkOption.NOFOLLOW_LINKS)) {
      return in.readNBytes(HEAD_BYTES);
    }
  }

  private void script(String path, byte[] head) {
    int end = 2;
    while (end < head.length && head[end] != '\n') {
      end++;
    }
    String line = new String(Arrays.copyOfRange(head, 2, end), StandardCharsets.UTF_8);
    boolean windows = line.endsWith("\r");
    String interpreter = line.strip().split("[ \t]+", -1)[0];
    if (windows) {
      findings.add(
          path
              + " has Windows line endings: its first line ends with a carriage return, so the"
              + " kernel looks for a program \""
              + interpreter
              + "\\r\".");
      tries.add("sed -i 's/\\r$//' it where the image is built");
    } else if (!exists(interpreter)) {
      findings.add(
          path + " is a script for " + interpreter + ", and the image has no " + interpreter + ".");
      tries.add("install that interpreter in the image, or change the script's first line");
    } else if (interpreter.endsWith("/env")) {
      findings.add(path + " is a script that looks its interpreter up with env: " + line.strip());
    }
  }

  private void binary(String path, byte[] head) {
    ElfHead elf = ElfHead.of(head);
    if (!elf.runsHere()) {
      findings.add(
          path
              + " is built for "
              + elf.machine()
              + ", and this machine is "
              + ElfHead.here()
              + ".");
      tries.add("pull or build the image for this machine: --platform linux/" + ElfHead.here());
      return;
    }
    elf.loader()
        .filter(loader -> !exists(loader))
        .ifPresent(
            loader -> {
              findings.add(
                  path
                      + " needs the dynamic loader "
                      + loader
                      + ", and the image has none: it is linked with "
                      + (loader.contains("musl") ? "musl" : "glibc")
                      + ", which is not there.");
              tries.add("link the program statically, or use an image with that C library");
            });
  }
}
