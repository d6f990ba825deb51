package dev.abode.docker.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.docker.failure.ApiException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JsonObjectTest {
  private static JsonObject parse(String json) {
    return JsonObject.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void namesMatchExactlyFirstAndThenWithoutCase() {
    JsonObject object = parse("{'image':'lower','Image':'exact','CMD':['x']}");

    assertThat(object.text("Image")).contains("exact");
    assertThat(object.texts("Cmd")).containsExactly("x");
  }

  @Test
  void nullIsAbsent() {
    JsonObject object = parse("{'Cmd':null,'Env':[],'N':null}");

    assertThat(object.optionalTexts("Cmd")).isEmpty();
    assertThat(object.optionalTexts("Env")).contains(List.of());
    assertThat(object.number("N")).isEmpty();
    assertThat(object.says("Env")).isFalse();
  }

  @Test
  void largeNumbersKeepTheirDigits() {
    assertThat(parse("{'n':9223372036854775807}").number("n")).hasValue(Long.MAX_VALUE);
    assertThat(parse("{'n':1e3}").number("n")).hasValue(1000);
    assertThatThrownBy(() -> parse("{'n':1.5}").number("n")).isInstanceOf(ApiException.class);
    assertThatThrownBy(() -> parse("{'n':9223372036854775808}").number("n"))
        .isInstanceOf(ApiException.class);
  }

  @Test
  void aWrongTypeIsNamedWithItsPath() {
    assertThatThrownBy(
            () ->
                parse("{'HostConfig':{'Memory':'x'}}").objectOrEmpty("HostConfig").number("Memory"))
        .isInstanceOf(ApiException.class)
        .hasMessage("invalid JSON: HostConfig.Memory must be a number, not x");
  }

  @Test
  void nothingIsAnEmptyObject() {
    assertThat(parse("").isEmpty()).isTrue();
    assertThat(parse(" \n").isEmpty()).isTrue();
    assertThat(parse("null\n").isEmpty()).isTrue();
  }

  @Test
  void whatIsNoObjectIsRefused() {
    for (String text : List.of("[]", "7", "{", "{'a':}", "{'a':1", "nonsense", "{'a' 1}")) {
      assertThatThrownBy(() -> parse(text)).as(text).isInstanceOf(ApiException.class);
    }
  }

  @Test
  void deepNestingIsRefusedBeforeItEndsTheStack() {
    String deep = "{\"a\":" + "[".repeat(100_000);

    assertThatThrownBy(() -> parse(deep))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("deep");
  }

  @Test
  void documentsAreWrittenAsTheySay() {
    JsonDocument document =
        new JsonDocument()
            .with("Text", "a \"b\" \u20ac")
            .with("Number", 9007199254740993L)
            .with("None", JsonDocument.NULL)
            .with("Empty", List.of())
            .with("Object", Map.of())
            .withOrNull("List", List.of())
            .withIfAny("Left", "")
            .withIfPresent("Out", Optional.empty())
            .with("Inner", new JsonDocument().with("x", true));

    assertThat(document.toString())
        .isEqualTo(
            "{\"Text\":\"a \\\"b\\\" \u20ac\",\"Number\":9007199254740993,\"None\":null,"
                + "\"Empty\":[],\"Object\":{},\"List\":null,\"Inner\":{\"x\":true}}");
  }
}
