package dev.abode.engine.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserDatabaseTest {
  private static final String PASSWD =
      """
      root:x:0:0:root:/root:/bin/sh
      # a comment
      broken line
      app:x:1000:1001:App:/srv/app:/bin/sh
      many:x:1000:5::/other:
      huge:x:99999999999:5::/:
      1234:x:77:78:a user that is named like a number:/home/n:
      """;
  private static final String GROUP =
      """
      root:x:0:root
      staff:x:50:app,root
      video:x:27:app
      app:x:1001:
      nomembers:x:60
      """;

  private static UserDatabase database() {
    return new UserDatabase(
        PASSWD.getBytes(StandardCharsets.UTF_8), GROUP.getBytes(StandardCharsets.UTF_8));
  }

  private static Identity resolve(String user, String... added) {
    return database().resolve(user, List.of(added));
  }

  @Test
  void nobodyNamedIsTheSuperuser() {
    assertThat(resolve("")).isEqualTo(new Identity(0, 0, List.of(0, 50), "/root"));
    assertThat(new UserDatabase(new byte[0], new byte[0]).resolve("", List.of()))
        .isEqualTo(new Identity(0, 0, List.of(), "/"));
  }

  @Test
  void aNameBringsItsGroups() {
    assertThat(resolve("app")).isEqualTo(new Identity(1000, 1001, List.of(50, 27), "/srv/app"));
  }

  @Test
  void aNumberThatIsListedIsThatUser() {
    assertThat(resolve("1000")).isEqualTo(resolve("app"));
  }

  @Test
  void aNumberThatIsNotListedIsInTheRootGroup() {
    assertThat(resolve("4711")).isEqualTo(new Identity(4711, 0, List.of(), "/"));
  }

  @Test
  void aNameWinsOverANumber() {
    assertThat(resolve("1234").uid()).isEqualTo(77);
  }

  @Test
  void aGivenGroupTakesTheOthersAway() {
    assertThat(resolve("app:video")).isEqualTo(new Identity(1000, 27, List.of(), "/srv/app"));
    assertThat(resolve("app:4242").gid()).isEqualTo(4242);
    assertThat(resolve(":staff")).isEqualTo(new Identity(0, 50, List.of(), "/root"));
  }

  @Test
  void groupsAreAdded() {
    assertThat(resolve("4711", "video", "8").groups()).containsExactly(27, 8);
  }

  @Test
  void whatIsNotListedIsSaid() {
    assertThatThrownBy(() -> resolve("nobody"))
        .isInstanceOf(EngineException.class)
        .hasMessage("unable to find user nobody: no matching entries in passwd file");
    assertThatThrownBy(() -> resolve("app:nogroup"))
        .hasMessage("unable to find group nogroup: no matching entries in group file");
    assertThatThrownBy(() -> resolve("app", "nogroup")).hasMessageContaining("nogroup");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2147483648", "4294967295", "99999999999"})
  void idsBeyondTheRangeAreRefused(String id) {
    assertThatThrownBy(() -> resolve(id)).hasMessageContaining("must be in range 0-2147483647");
  }

  @Test
  void negativeNumbersAreNames() {
    assertThatThrownBy(() -> resolve("-1")).hasMessageContaining("unable to find user -1");
  }
}
