package dev.abode.docker.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.docker.failure.ApiException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FiltersTest {
  private static Filters parse(String json) {
    return Filters.parse(
        Optional.of(json.replace('\'', '"')), Set.of("name", "label", "label!", "dangling"));
  }

  @Test
  void bothFormsAreRead() {
    assertThat(parse("{'name':['a','b']}").all("name")).containsExactly("a", "b");
    assertThat(parse("{'name':{'a':true,'b':false}}").all("name")).containsExactly("a");
    assertThat(Filters.parse(Optional.empty(), Set.of()).has("name")).isFalse();
  }

  @Test
  void anUnknownFilterIsRefused() {
    assertThatThrownBy(() -> parse("{'colour':['red']}"))
        .isInstanceOf(ApiException.class)
        .hasMessage("invalid filter 'colour'");
  }

  @Test
  void allLabelsMustBeThere() {
    Map<String, String> labels = Map.of("a", "1", "b", "2");

    assertThat(parse("{'label':['a']}").labels(labels)).isTrue();
    assertThat(parse("{'label':['a=1','b=2']}").labels(labels)).isTrue();
    assertThat(parse("{'label':['a=1','b=3']}").labels(labels)).isFalse();
    assertThat(parse("{'label':['c']}").labels(labels)).isFalse();
    assertThat(parse("{'label!':['a=1']}").labels(labels)).isFalse();
    assertThat(parse("{'label!':['a=2']}").labels(labels)).isTrue();
  }

  @Test
  void namesAreFoundByPattern() {
    assertThat(parse("{'name':['^web']}").matches("name", "web1")).isTrue();
    assertThat(parse("{'name':['eb']}").matches("name", "web1")).isTrue();
    assertThat(parse("{'name':['^eb']}").matches("name", "web1")).isFalse();
    assertThat(parse("{'name':['[']}").matches("name", "web1")).isFalse();
  }

  @Test
  void flags() {
    assertThat(parse("{'dangling':['true']}").flag("dangling")).contains(true);
    assertThat(parse("{'dangling':['0']}").flag("dangling")).contains(false);
    assertThatThrownBy(() -> parse("{'dangling':['perhaps']}").flag("dangling"))
        .isInstanceOf(ApiException.class);
  }
}
