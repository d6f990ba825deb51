package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** Names of instances: what a user may choose, and what those get who do not. */
final class InstanceNames {
  private static final Pattern LEGAL = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]+");

  private static final String[] ADJECTIVES = {
    "airy", "ample", "bright", "brisk", "calm", "candid", "cheerful", "civil", "clear", "cosy",
    "crisp", "curious", "dapper", "deft", "eager", "early", "fair", "fond", "frank", "gentle",
    "glad", "golden", "handy", "hardy", "honest", "jolly", "keen", "kind", "lively", "lucid",
    "mellow", "merry", "mild", "modest", "neat", "nimble", "noble", "patient", "placid", "plucky",
    "polite", "prompt", "proud", "quick", "quiet", "rapid", "ready", "rosy", "serene", "sharp",
    "silent", "snug", "sober", "spry", "steady", "sunny", "swift", "tidy", "trusty", "upbeat",
    "vivid", "warm", "witty", "zesty"
  };

  /** What houses are made of, and what stands in them. */
  private static final String[] NOUNS = {
    "alcove",
    "arbour",
    "arcade",
    "atrium",
    "attic",
    "awning",
    "balcony",
    "banister",
    "barn",
    "beam",
    "belfry",
    "cabin",
    "canopy",
    "castle",
    "cellar",
    "chalet",
    "chimney",
    "cloister",
    "column",
    "cornice",
    "cottage",
    "courtyard",
    "cupola",
    "doorway",
    "dormer",
    "fence",
    "gable",
    "gallery",
    "garden",
    "gate",
    "hall",
    "hearth",
    "hedge",
    "hut",
    "kiosk",
    "kitchen",
    "lantern",
    "lattice",
    "ledge",
    "library",
    "lodge",
    "loft",
    "manor",
    "mantel",
    "mosaic",
    "niche",
    "oriel",
    "pantry",
    "parlour",
    "patio",
    "pavilion",
    "pergola",
    "pillar",
    "porch",
    "rafter",
    "roof",
    "shutter",
    "stair",
    "studio",
    "terrace",
    "threshold",
    "tower",
    "turret",
    "veranda"
  };

  private InstanceNames() {}

  /**
   * The name without the leading slash that Docker's clients may put there.
   *
   * @throws EngineException INVALID_ARGUMENT, in Docker's words
   */
  static String validated(String name) {
    String bare = name.startsWith("/") ? name.substring(1) : name;
    if (!LEGAL.matcher(bare).matches()) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "Invalid container name ("
              + name
              + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, two characters at least");
    }
    return bare;
  }

  /** A name made up, with a number from the second attempt on. */
  static String generated(RandomGenerator random, int attempt) {
    String name =
        ADJECTIVES[random.nextInt(ADJECTIVES.length)] + "_" + NOUNS[random.nextInt(NOUNS.length)];
    return attempt == 0 ? name : name + random.nextInt(1, 10 << attempt);
  }
}
