package dev.abode.cli.compare;

import java.util.Locale;

/** What is compared, in the order it is told. */
enum Measure {
  READY(
      Subject.STARTING,
      "from request to ready",
      "ms",
      Better.LOWER,
      "From asking the engine for a new instance until it says that the instance runs."),
  FIRST_BYTE(
      Subject.STARTING,
      "from request to first output",
      "ms",
      Better.LOWER,
      "From the same request until the first byte that the program inside writes has arrived."),
  MEMORY(
      Subject.IDLING,
      "memory of an idle instance",
      "MiB",
      Better.LOWER,
      "All processes that serve one waiting instance; what several share is counted in parts (PSS)."),
  IDLE_CPU(
      Subject.IDLING,
      "processor time of an idle instance",
      "ms/s",
      Better.LOWER,
      "How many milliseconds of each second a processor is busy with an instance that does nothing."),
  FIT(
      Subject.IDLING,
      "idle instances that fit here",
      "",
      Better.HIGHER,
      "Projected from what those that ran at once took of the memory, the kernel's part included,"
          + " and of the processors; not tried."),
  CPU(
      Subject.WORKING,
      "sorting numbers",
      "M/s",
      Better.HIGHER,
      "Making up numbers and sorting them: work that stays within the processor."),
  COPYING(
      Subject.WORKING,
      "copying memory",
      "MiB/s",
      Better.HIGHER,
      "Copying 16 MiB from one place in memory to another."),
  CALLS(
      Subject.WORKING,
      "system calls",
      "k/s",
      Better.HIGHER,
      "The cheapest request to the kernel, again and again: the price of the way there."),
  WRITING(
      Subject.WORKING,
      "writing a file to disk",
      "MiB/s",
      Better.HIGHER,
      "16 MiB into a new file, until the disk has it (fsync)."),
  READING(
      Subject.WORKING,
      "reading it from the page cache",
      "MiB/s",
      Better.HIGHER,
      "The same file again, out of memory."),
  METADATA(
      Subject.WORKING,
      "handling small files",
      "k/s",
      Better.HIGHER,
      "Making, examining, renaming and removing empty files."),
  ROUND_TRIP(
      Subject.TALKING,
      "round trip from the host",
      "µs",
      Better.LOWER,
      "One byte over TCP from the host to a program inside, and back."),
  THROUGHPUT(
      Subject.TALKING,
      "throughput from the host",
      "MiB/s",
      Better.HIGHER,
      "As much as goes through one TCP connection from the host to a program inside."),
  IMAGE_DISK(
      Subject.STORING,
      "disk for the image",
      "MiB",
      Better.LOWER,
      "What is kept of the image, once for all instances of it; for virtual machines with their"
          + " kernel, and with a disk of each layer."),
  INSTANCE_DISK(
      Subject.STORING,
      "disk for an instance",
      "MiB",
      Better.LOWER,
      "What the engine keeps on disk for one instance after the work above."),
  KERNEL(
      Subject.ATTACKING,
      "kernel",
      "",
      Better.NEITHER,
      "A flaw in a shared kernel is a flaw in the wall between neighbours."),
  REACHABLE_CALLS(
      Subject.ATTACKING,
      "host's system calls in reach",
      "",
      Better.LOWER,
      "What the filters let through of the kernel's calls: for a virtual machine those of its"
          + " hypervisor, which a guest has to take over first."),
  DEVICES(
      Subject.ATTACKING,
      "devices to be seen",
      "",
      Better.LOWER,
      "Device nodes in /dev; in a virtual machine those of its own kernel."),
  PROCESSES(
      Subject.ATTACKING,
      "processes to be seen",
      "",
      Better.LOWER,
      "How many processes a program inside finds in /proc."),
  USER(
      Subject.ATTACKING,
      "root inside is, on the host,",
      "",
      Better.NEITHER,
      "The user that the host's kernel takes the program, or its hypervisor, for.");

  /** What a group of measures is about. */
  enum Subject {
    STARTING("Starting"),
    IDLING("Doing nothing"),
    WORKING("Working"),
    TALKING("Network"),
    STORING("Disk"),
    ATTACKING("What an attacker inside sees of the host");

    private final String title;

    Subject(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }
  }

  /** Which numbers are good. */
  enum Better {
    LOWER,
    HIGHER,
    NEITHER
  }

  private final Subject subject;
  private final String title;
  private final String unit;
  private final Better better;
  private final String explanation;

  Measure(Subject subject, String title, String unit, Better better, String explanation) {
    this.subject = subject;
    this.title = title;
    this.unit = unit;
    this.better = better;
    this.explanation = explanation;
  }

  Subject subject() {
    return subject;
  }

  String title() {
    return title;
  }

  /** Empty for plain counts and for what has no number. */
  String unit() {
    return unit;
  }

  Better better() {
    return better;
  }

  String explanation() {
    return explanation;
  }

  /** Its name in JSON: {@code firstByte}. */
  String key() {
    StringBuilder key = new StringBuilder();
    for (String word : name().toLowerCase(Locale.ROOT).split("_", -1)) {
      key.append(
          key.isEmpty() ? word : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
    }
    return key.toString();
  }
}
