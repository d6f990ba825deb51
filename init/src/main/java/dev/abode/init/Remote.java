package dev.abode.init;

import java.nio.file.Path;

/**
 * A workload in a guest. The shim then launches no workload of its own plan: the plan {@code guest}
 * is played by the agent in the guest, and its streams, its end and its failures come from there;
 * it has neither a log nor an exit record. Log, exit record and clients are the shim's as ever.
 */
public sealed interface Remote {

  /**
   * The shim launches the machine itself. Its plan executes a hypervisor whose standard input and
   * output are the port of the agent, and whose standard error is the guest's console.
   *
   * @param console the file that keeps the last of the console, at most 128 KiB, and as much again
   *     in {@code console.1}
   * @param resume whether the machine comes from a snapshot in which its workload runs already;
   *     nothing is launched then, and it waits for {@link Shim.Question.Thaw}
   */
  record Machine(Path console, LaunchPlan guest, boolean resume) implements Remote {}

  /**
   * One more session of a machine that runs already. The shim's own plan has no steps.
   *
   * @param machine the socket of the machine's shim
   */
  record Session(Path machine, LaunchPlan guest) implements Remote {}

  /**
   * The shim launches a machine, greets its agent, and leaves it at that, for whoever saves what it
   * has become. It ends with the machine, by {@link ShimEvent.Failed}.
   *
   * @param console as of a {@link Machine}
   */
  record Idle(Path console) implements Remote {}
}
