package dev.abode.engine.resolver;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * The names one instance can know without asking the outside: its neighbours on its networks.
 *
 * <p>Asked anew for every question, on many threads at once; what changes between two questions
 * shows in the second answer. Names come in lower case and without the final dot.
 */
public interface Zone {
  /** Knows nobody, and lets everything be asked outside. */
  Zone EMPTY =
      new Zone() {
        @Override
        public Optional<List<InetAddress>> addresses(String name) {
          return Optional.empty();
        }

        @Override
        public Optional<String> name(InetAddress address) {
          return Optional.empty();
        }

        @Override
        public boolean owns(InetAddress address) {
          return false;
        }

        @Override
        public boolean reachesOutside() {
          return true;
        }
      };

  /**
   * The addresses of a name, of both families, in any order. Empty when the name is not one of ours
   * and may be asked outside; an empty list when it is ours and has no address now.
   */
  Optional<List<InetAddress>> addresses(String name);

  /** The name a reverse look-up finds. */
  Optional<String> name(InetAddress address);

  /** Whether the address is of our networks, so that nobody outside can know its name. */
  boolean owns(InetAddress address);

  /** Whether unknown names may be asked outside; not so where all networks are internal. */
  boolean reachesOutside();
}
