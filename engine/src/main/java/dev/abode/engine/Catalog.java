package dev.abode.engine;

import dev.abode.engine.failure.EngineException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** All instances by ID, and who has which name. */
final class Catalog {
  private final Map<String, LiveInstance> instances = new ConcurrentHashMap<>();

  /** IDs by name; a name is in here before its instance is, while that is being created. */
  private final Map<String, String> names = new ConcurrentHashMap<>();

  /** Whether the name was free; it then belongs to {@code id}. */
  boolean reserve(String name, String id) {
    return names.putIfAbsent(name, id) == null;
  }

  /**
   * Gives a name to {@code id}.
   *
   * @throws EngineException CONFLICT when another has it, in Docker's words
   */
  void claim(String name, String id) {
    String holder = names.putIfAbsent(name, id);
    if (holder != null) {
      throw new EngineException(
          EngineException.Kind.CONFLICT,
          "Conflict. The container name \"/"
              + name
              + "\" is already in use by container \""
              + holder
              + "\". You have to remove (or rename) that container to be able to reuse that name.");
    }
  }

  void release(String name, String id) {
    names.remove(name, id);
  }

  void add(LiveInstance instance) {
    instances.put(instance.id(), instance);
  }

  void remove(LiveInstance instance) {
    instances.remove(instance.id());
  }

  Collection<LiveInstance> all() {
    return List.copyOf(instances.values());
  }

  Optional<LiveInstance> byId(String id) {
    return Optional.ofNullable(instances.get(id));
  }

  /** What an instance is called; its ID when it is not known. */
  String nameOf(String id) {
    return byId(id).map(instance -> instance.now().record().name()).orElse(id);
  }

  /**
   * The instance of that name, ID or unambiguous ID prefix, in this order.
   *
   * @throws EngineException NOT_FOUND, or INVALID_ARGUMENT for an ambiguous prefix
   */
  LiveInstance require(String nameOrId) {
    String bare = nameOrId.startsWith("/") ? nameOrId.substring(1) : nameOrId;
    LiveInstance exact = instances.get(bare);
    if (exact != null) {
      return exact;
    }
    String id = names.get(bare);
    LiveInstance named = id == null ? null : instances.get(id);
    if (named != null) {
      return named;
    }
    if (!bare.isEmpty() && bare.matches("[0-9a-f]{1,64}")) {
      List<LiveInstance> matches =
          instances.values().stream().filter(i -> i.id().startsWith(bare)).limit(2).toList();
      if (matches.size() == 1) {
        return matches.getFirst();
      }
      if (matches.size() > 1) {
        throw new EngineException(
            EngineException.Kind.INVALID_ARGUMENT,
            "Multiple IDs found with provided prefix: " + bare);
      }
    }
    throw new EngineException(EngineException.Kind.NOT_FOUND, "No such container: " + nameOrId);
  }
}
