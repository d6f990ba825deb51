package dev.abode.engine.testing;

import dev.abode.engine.Attachment;
import dev.abode.engine.Engine;
import dev.abode.engine.Instance;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.Limits;
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
    if (isolation() == Isolation.VM) {
      // Fetched once for all such classes.
      SharedKernel.provide(test.root().resolve("machines/kernels"));
    }
    engine = test.engine();
    alpine = SharedImages.loadAlpine(engine.images());
    if (isolation() == Isolation.VM && !limits().equals(Limits.NONE)) {
      engine.warm(alpine, limits());
    }
  }

  @AfterEach
  final void removeInstances() throws Exception {
    test.removeAll();
  }

  @AfterAll
  final void closeEngine() throws Exception {
    test.close();
  }

  /** An instance that runs a program, behind the walls that the class is about. */
  protected InstanceSpecBuilder program(String... command) {
    return InstanceSpec.builder(alpine)
        .command(List.of(command))
        .isolation(isolation())
        .limits(limits());
  }

  /** A shell that does what a line says. */
  protected final InstanceSpecBuilder shell(String line) {
    return program("sh", "-c", line);
  }

  /** What the class is about. */
  protected Isolation isolation() {
    return Isolation.CONTAINER;
  }

  /**
   * What the instances of the class may use. Machines of one size start from one that is saved
   * before the tests; without limits each class does as it needs.
   */
  protected Limits limits() {
    return Limits.NONE;
  }

  /** What a further shell in an instance prints. */
  protected static String printed(Instance instance, String line) throws Exception {
    try (Attachment output = instance.exec(ExecSpec.of("sh", "-c", line)).start()) {
      return TestEngine.read(output);
    }
  }

  protected final Instance run(InstanceSpecBuilder spec) throws Exception {
    Instance instance = engine.create(spec.build());
    instance.start();
    return instance;
  }
}
