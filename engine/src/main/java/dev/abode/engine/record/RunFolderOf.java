package dev.abode.engine.record;

import java.nio.file.Path;

/** What exists of one instance while it runs; on a tmpfs, so that a reboot forgets it. */
public record RunFolderOf(Path path) {

  /** Where the shim listens. */
  public Path socket() {
    return path.resolve("s");
  }

  /** Where the shim writes how the workload ended. */
  public Path exit() {
    return path.resolve("exit");
  }

  /** What this run was given, {@link RunRecord}. */
  public Path run() {
    return path.resolve("run.json");
  }

  /** The addresses and ports it was given, {@code NetworkRun}. */
  public Path network() {
    return path.resolve("network.json");
  }

  /** The last of what the kernel of a virtual machine said. */
  public Path console() {
    return path.resolve("console");
  }

  /** Holds a folder an exec session. */
  public Path execs() {
    return path.resolve("x");
  }

  /** The folder of an exec session, itself shaped like this one. */
  public RunFolderOf exec(String execId) {
    return new RunFolderOf(execs().resolve(execId.substring(0, 16)));
  }

  /** Of an exec session: {@link ExecRecord}. */
  public Path execRecord() {
    return path.resolve("exec.json");
  }
}
