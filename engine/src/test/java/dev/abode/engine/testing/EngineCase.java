package dev.abode.engine.testing;

import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * Tests of a class that share an engine with Alpine's image; each leaves no instance to the next.
 */
@TestInstance(Lifecycle.PER_CLASS)
public abstract class EngineCase {
  protected TestEngine test;
  protected Engine engine;
  protected String alpine;

  @BeforeAll
  final void openEngine() throws Exception {
    test = TestEngine.open();
    provide(test);
    engine = test.engine();
    alpine = SharedImages.loadAlpine(engine.images());
  }

  /** Gives an engine what it would have to fetch. */
  void provide(TestEngine opened) throws Exception {}

  @AfterEach
  final void removeInstances() throws Exception {
    test.removeAll();
  }

  @AfterAll
  final void closeEngine() throws Exception {
    test.close();
  }

  /** A shell that does what a line says. */
  protected InstanceSpecBuilder shell(String line) {
    return InstanceSpec.builder(alpine).command(List.of("sh", "-c", line));
  }

  protected final Instance run(InstanceSpecBuilder spec) throws Exception {
    Instance instance = engine.create(spec.build());
    instance.start();
    return instance;
  }
}
