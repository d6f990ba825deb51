package dev.abode.engine.launch;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.network.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The network cards of a machine whose memory was saved, in the order of its networks. One that was
 * connected and disconnected as it ran has other cards at other places than one that boots, and its
 * guest calls their interfaces as it did.
 *
 * @param numbers of the cards
 * @param interfaces what the guest calls them
 */
record SavedCards(List<Integer> numbers, List<String> interfaces) {
  /** In the folder of a snapshot: a line for each card. */
  static final String FILE = "cards";

  static final SavedCards NONE = new SavedCards(List.of(), List.of());

  SavedCards {
    numbers = List.copyOf(numbers);
    interfaces = List.copyOf(interfaces);
  }

  /**
   * Those of a machine that runs.
   *
   * @param present what its hypervisor says it has
   * @throws EngineException CONFLICT when its guest has kept one that it should have given up
   */
  static SavedCards of(String instance, List<Endpoint> endpoints, Map<String, Integer> present) {
    List<Integer> numbers = new ArrayList<>();
    for (Endpoint endpoint : endpoints) {
      if (present.containsKey(endpoint.interfaceName())) {
        numbers.add(present.get(endpoint.interfaceName()));
      }
    }

    if (numbers.size() != endpoints.size() || present.size() != endpoints.size()) {
      throw new EngineException(
          Kind.CONFLICT,
          "the guest of "
              + instance
              + " has not followed a change of its networks, so that its memory could not be"
              + " restored; restart it, or stop it and take a snapshot of its disk");
    }
    return new SavedCards(numbers, endpoints.stream().map(Endpoint::interfaceName).toList());
  }

  void write(Path folder) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i++) {
      lines.add(numbers.get(i) + " " + interfaces.get(i));
    }
    Files.write(folder.resolve(FILE), lines);
  }

  /** Reads them; none where none were saved. */
  static SavedCards read(Path folder) throws IOException {
    if (!Files.exists(folder.resolve(FILE))) {
      return NONE;
    }
    List<Integer> numbers = new ArrayList<>();
    List<String> interfaces = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(FILE))) {
      String[] words = line.split(" ", 2);
      numbers.add(Integer.valueOf(words[0]));
      interfaces.add(words[1]);
    }
    return new SavedCards(numbers, interfaces);
  }
}
