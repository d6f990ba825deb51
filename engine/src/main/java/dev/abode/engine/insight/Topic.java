package dev.abode.engine.insight;

/** The chapters of an explanation, in the order in which they are told. */
enum Topic {
  PROGRAM("Program", "What is executed, as whom and where. When it ends, the instance ends."),
  NAMESPACES(
      "Namespaces",
      "What a process can see. Of each kind it has a world of its own, or looks into another's."),
  IDS("User ids", "Who the users inside are outside, where the kernel decides what they may do."),
  ROOT(
      "Root file system",
      "The image's layers, shared and read-only, under a folder of the instance's own."),
  MOUNTS("Mounts", "Every file system it sees. What is not mounted here does not exist for it."),
  HIDDEN(
      "Hidden and read-only paths",
      "Files of the kernel that tell of the host, or change it, and that no namespace covers."),
  DEVICES("Devices", "The device files it has, and those its control group lets it open."),
  CAPABILITIES(
      "Capabilities",
      "The powers of root, cut into pieces. It holds these over its own namespaces only."),
  CALLS(
      "System calls",
      "The doors to the kernel. A filter decides which of them open, call by call."),
  LIMITS("Limits", "How much it may use, so that it cannot starve its neighbours."),
  NETWORK("Network", "Which interfaces it has."),
  SETTINGS("Names and kernel settings", "Values of the kernel that are its own."),
  SUPERVISION("Supervisor", "What the process outside does for it while it runs."),
  MACHINE("Machine", "What the hypervisor makes the guest's kernel believe it runs on."),
  BOARD("Virtual devices", "All that a guest can talk to, and what is behind each on the host."),
  HELPERS("Servers", "Programs that serve the machine, each in a jail like the hypervisor's.");

  private final String title;
  private final String lead;

  Topic(String title, String lead) {
    this.title = title;
    this.lead = lead;
  }

  String title() {
    return title;
  }

  String lead() {
    return lead;
  }
}
