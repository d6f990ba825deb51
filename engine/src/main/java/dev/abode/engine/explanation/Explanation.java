package dev.abode.engine.explanation;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What makes the walls of an instance, told from the very launch plan that is executed; of a
 * running instance also from what the kernel shows of its process.
 *
 * @param subject the instance's name, or the image of one that would be made
 * @param pid of the workload when it runs
 * @param chapters for people
 * @param plan the plan itself for programs: lists, maps, texts, numbers and booleans
 * @param differences between the plan and the kernel's view; empty if it does not run
 */
public record Explanation(
    String subject,
    String image,
    OptionalInt pid,
    List<Chapter> chapters,
    Map<String, Object> plan,
    List<Difference> differences) {
  public Explanation {
    chapters = List.copyOf(chapters);
    differences = List.copyOf(differences);
  }
}
