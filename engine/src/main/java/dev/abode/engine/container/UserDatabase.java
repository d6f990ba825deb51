package dev.abode.engine.container;

import dev.abode.engine.failure.EngineException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The users and groups of a root file system, {@code passwd(5)} and {@code group(5)}. Lines that
 * are not well-formed are passed over, as the C library does.
 */
public final class UserDatabase {
  private static final int MAX_ID = Integer.MAX_VALUE;

  private final List<User> users;
  private final List<Group> groups;

  private record User(String name, int uid, int gid, String home) {}

  private record Group(String name, int gid, List<String> members) {}

  /**
   * @param passwd content of {@code /etc/passwd}, empty when there is none
   * @param group content of {@code /etc/group}, likewise
   */
  public UserDatabase(byte[] passwd, byte[] group) {
    this.users = lines(passwd).map(UserDatabase::user).flatMap(Optional::stream).toList();
    this.groups = lines(group).map(UserDatabase::group).flatMap(Optional::stream).toList();
  }

  /**
   * Resolves {@code user[:group]}, names or numbers, as Docker does: a number need not be listed; a
   * user that is listed brings the groups it is a member of, unless a group was given.
   *
   * @param user empty for the superuser
   * @param added further groups, names or numbers
   * @throws EngineException of kind INVALID_ARGUMENT when a name is not listed
   */
  public Identity resolve(String user, List<String> added) {
    int colon = user.indexOf(':');
    String userPart = colon < 0 ? user : user.substring(0, colon);
    String groupPart = colon < 0 ? "" : user.substring(colon + 1);

    String wanted = userPart.isEmpty() ? "0" : userPart;
    Optional<User> listed =
        users.stream()
            .filter(u -> u.name().equals(wanted))
            .findFirst()
            .or(() -> number(wanted).flatMap(this::userWithId));
    int uid =
        listed
            .map(User::uid)
            .or(() -> number(wanted))
            .orElseThrow(
                () ->
                    new EngineException(
                        EngineException.Kind.INVALID_ARGUMENT,
                        "unable to find user " + wanted + ": no matching entries in passwd file"));
    Set<Integer> supplementary = new LinkedHashSet<>();
    int gid;
    if (groupPart.isEmpty()) {
      gid = listed.map(User::gid).orElse(0);
      listed.ifPresent(
          u ->
              groups.stream()
                  .filter(g -> g.members().contains(u.name()))
                  .forEach(g -> supplementary.add(g.gid())));
    } else {
      gid = groupId(groupPart);
    }
    for (String name : added) {
      supplementary.add(groupId(name));
    }
    String home = listed.map(User::home).filter(h -> !h.isEmpty()).orElse("/");
    return new Identity(uid, gid, List.copyOf(supplementary), home);
  }

  /** The name of a user; its number when it has none. */
  public String userName(long uid) {
    return users.stream()
        .filter(u -> u.uid() == uid)
        .map(User::name)
        .findFirst()
        .orElse(Long.toString(uid));
  }

  /** The name of a group; its number when it has none. */
  public String groupName(long gid) {
    return groups.stream()
        .filter(g -> g.gid() == gid)
        .map(Group::name)
        .findFirst()
        .orElse(Long.toString(gid));
  }

  private Optional<User> userWithId(int uid) {
    return users.stream().filter(u -> u.uid() == uid).findFirst();
  }

  private int groupId(String name) {
    return groups.stream()
        .filter(g -> g.name().equals(name))
        .map(Group::gid)
        .findFirst()
        .or(() -> number(name))
        .orElseThrow(
            () ->
                new EngineException(
                    EngineException.Kind.INVALID_ARGUMENT,
                    "unable to find group " + name + ": no matching entries in group file"));
  }

  private static Optional<Integer> number(String text) {
    if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return Optional.empty();
    }
    if (text.length() > 10 || Long.parseLong(text) > MAX_ID) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "uids and gids must be in range 0-" + MAX_ID + ", not " + text);
    }
    return Optional.of(Integer.parseInt(text));
  }

  private static java.util.stream.Stream<String> lines(byte[] content) {
    return new String(content, StandardCharsets.UTF_8)
        .lines()
        .filter(l -> !l.isBlank() && !l.startsWith("#"));
  }

  private static Optional<User> user(String line) {
    String[] fields = line.split(":", -1);
    if (fields.length < 6 || !isId(fields[2]) || !isId(fields[3])) {
      return Optional.empty();
    }
    return Optional.of(
        new User(fields[0], Integer.parseInt(fields[2]), Integer.parseInt(fields[3]), fields[5]));
  }

  private static Optional<Group> group(String line) {
    String[] fields = line.split(":", -1);
    if (fields.length < 3 || !isId(fields[2])) {
      return Optional.empty();
    }
    List<String> members = fields.length > 3 ? List.of(fields[3].split(",", -1)) : List.of();
    return Optional.of(new Group(fields[0], Integer.parseInt(fields[2]), members));
  }

  private static boolean isId(String text) {
    return text.matches("\\d{1,10}") && Long.parseLong(text) <= MAX_ID;
  }
}
