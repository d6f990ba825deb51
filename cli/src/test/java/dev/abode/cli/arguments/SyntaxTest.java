package dev.abode.cli.arguments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of Docker's command line, which are those of Go's pflag. */
class SyntaxTest {
  private static Syntax syntax() {
    return Syntax.of("try", "THING [MORE...]", "Try things")
        .flag('i', "interactive", "")
        .flag('t', "tty", "")
        .one('m', "memory", "BYTES", "")
        .one('h', "hostname", "NAME", "")
        .many('e', "env", "NAME=VALUE", "");
  }

  private static Arguments parse(String... words) {
    return syntax().parse(List.of(words));
  }

  @Test
  void lettersMayShareADash() {
    Arguments arguments = parse("-it", "x");
    assertThat(arguments.isOn("interactive")).isTrue();
    assertThat(arguments.isOn("tty")).isTrue();
    assertThat(arguments.operands()).containsExactly("x");
  }

  @Test
  void valuesMayFollowOrBeAttached() {
    assertThat(parse("-m", "64m").value("memory")).contains("64m");
    assertThat(parse("-m64m").value("memory")).contains("64m");
    assertThat(parse("-m=64m").value("memory")).contains("64m");
    assertThat(parse("--memory", "64m").value("memory")).contains("64m");
    assertThat(parse("--memory=64m").value("memory")).contains("64m");
    assertThat(parse("-im64m").value("memory")).contains("64m");
  }

  @Test
  void aValueKeepsItsEqualsSignsAndDashes() {
    assertThat(parse("-e", "A=B=C", "--env=-D").all("env")).containsExactly("A=B=C", "-D");
  }

  @Test
  void aSwitchCanBeTurnedOff() {
    Arguments arguments = parse("--tty=false");
    assertThat(arguments.isOn("tty")).isFalse();
    assertThat(arguments.isGiven("tty")).isTrue();
    assertThatThrownBy(() -> parse("--tty=maybe"))
        .isInstanceOf(UsageException.class)
        .hasMessage("--tty is true or false, not \"maybe\"");
  }

  @Test
  void theLastOfSingleValuesCounts() {
    assertThat(parse("-m1", "-m2").value("memory")).contains("2");
  }

  @Test
  void operandsAndOptionsMixUnlessTheFirstOperandEndsTheOptions() {
    assertThat(parse("x", "-i", "y").operands()).containsExactly("x", "y");
    Arguments arguments = syntax().optionsFirst().parse(List.of("-i", "x", "-t", "--bogus"));
    assertThat(arguments.operands()).containsExactly("x", "-t", "--bogus");
    assertThat(arguments.isOn("tty")).isFalse();
  }

  @Test
  void twoDashesEndTheOptions() {
    assertThat(parse("--", "-i").operands()).containsExactly("-i");
  }

  @Test
  void helpIsAlwaysThereAndItsLetterOnlyWhereNobodyElseHasIt() {
    assertThat(parse("--help").wantsHelp()).isTrue();
    assertThat(parse("-h", "box").value("hostname")).contains("box");
    assertThat(Syntax.of("x", "", "").parse(List.of("-h")).wantsHelp()).isTrue();
  }

  @Test
  void whatIsUnknownOrMissingIsToldByName() {
    assertThatThrownBy(() -> parse("--bogus")).hasMessageContaining("unknown option: --bogus");
    assertThatThrownBy(() -> parse("-ix")).hasMessageContaining("unknown option: -x in -ix");
    assertThatThrownBy(() -> parse("-m")).hasMessage("-m needs a value: -m BYTES");
    assertThatThrownBy(() -> syntax().takes(1, 1).parse(List.of()))
        .hasMessage("abode try needs at least 1 argument: abode try THING [MORE...]");
    assertThatThrownBy(() -> syntax().takes(0, 0).parse(List.of("x")))
        .hasMessageContaining("takes no argument, but there are 1");
    assertThatThrownBy(() -> parse("-m", "x").number("memory"))
        .hasMessage("--memory is a whole number, not \"x\"");
  }
}
