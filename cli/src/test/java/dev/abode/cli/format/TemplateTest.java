package dev.abode.cli.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.cli.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Templates as they are found in scripts that drive Docker. */
class TemplateTest {
  private static final Json BOX =
      Json.parse(
          """
          {"Id":"abc","State":{"Running":true,"ExitCode":0,"Pid":42},
           "Config":{"Env":["A=1","B=2"],"Labels":{"z":"26","a":"1"},"Cmd":null},
           "Mounts":[{"Source":"/s","RW":true},{"Source":"/t","RW":false}],"Big":12345678901234567}
          """);

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '^',
      value = {
        "{{.Id}} => abc",
        "{{ .State.Pid }}/{{.State.Running}} => 42/true",
        "{{json .State}} => {\"Running\":true,\"ExitCode\":0,\"Pid\":42}",
        "{{.State.ExitCode | json}} => 0",
        "{{.Nope}} => <no value>",
        "{{.Big}} => 12345678901234567",
        "{{.Config.Env}} => [A=1 B=2]",
        "{{.Config.Labels}} => map[a:1 z:26]",
        "{{join .Config.Env \",\"}} => A=1,B=2",
        "{{upper .Id}}{{lower \"X\"}}{{title \"ab cd\"}} => ABCxAb Cd",
        "{{len .Mounts}} => 2",
        "{{index .Config.Labels \"z\"}} => 26",
        "{{index .Config.Env 1}} => B=2",
        "{{(index .Mounts 0).Source}} => /s",
        "{{range .Mounts}}{{.Source}};{{end}} => /s;/t;",
        "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}. => a=1 z=26 .",
        "{{range .Config.Cmd}}x{{else}}none{{end}} => none",
        "{{if .State.Running}}up{{else}}down{{end}} => up",
        "{{if eq .Id \"x\"}}1{{else if eq .Id \"abc\"}}2{{else}}3{{end}} => 2",
        "{{if and .State.Running (not .State.ExitCode)}}ok{{end}} => ok",
        "{{if gt .State.Pid 41}}big{{end}} => big",
        "{{with .State}}{{.Pid}}{{end}} => 42",
        "{{$x := .Id}}{{$x}}{{$.Id}} => abcabc",
        "{{printf \"%s-%d\" .Id .State.Pid}} => abc-42",
        "{{printf \"|%5s|%-4d|100%%12345\" .Id .State.Pid}} => |  abc|42  |100%12345",
        "{{slice .Id 0 2}} => ab",
        "a {{- .Id -}} b => aabcb",
        "x{{/* a comment */}}y => xy",
        "{{\"}}\"}} => }}",
        "{{range .Mounts}}{{if .RW}}{{.Source}}{{end}}{{end}} => /s",
      })
  void isAppliedAsGoWould(String template, String expected) {
    assertThat(Template.parse(template).apply(BOX)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '^',
      value = {"{{", "{{end}}", "{{if .A}}", "{{}}", "{{range .A}}", "{{\"x}}", "{{(.A}}"})
  void malformedOnesAreRefused(String template) {
    assertThatThrownBy(() -> Template.parse(template))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("malformed template: ");
  }

  @Test
  void unknownFunctionsAreNamed() {
    assertThatThrownBy(() -> Template.parse("{{frobnicate .Id}}").apply(BOX))
        .hasMessage("the template calls \"frobnicate\", which is no function");
  }

  @ParameterizedTest
  @CsvSource({"%2000000000s", "%-20000s", "%.99999999f", "a%s%0100000d"})
  void aFormatThatWouldFillTheMemoryIsRefused(String format) {
    Template template = Template.parse("{{printf \"" + format + "\" .Id .Id}}");
    assertThatThrownBy(() -> template.apply(BOX))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("more than four digits");
  }
}
