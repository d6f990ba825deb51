package dev.abode.engine.seccomp;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.seccomp.FilterAssembler.Label;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * Makes a filter of a profile.
 *
 * <p>The program asks for the architecture, then finds the call's number in a balanced tree of
 * ranges, so that any call is answered within about ten comparisons, and only then looks at
 * arguments. The kernel tries such a program for every number beforehand and remembers which ones
 * are allowed whatever their arguments, so those cost nothing. It also translates the program for
 * every process that is launched, so ranges that are decided alike share one answer: half as many
 * instructions.
 */
final class FilterCompiler {
  // linux/seccomp.h, struct seccomp_data: int nr; __u32 arch; __u64 instruction_pointer; args[6].
  private static final int NUMBER = 0;
  private static final int ARCHITECTURE = 4;
  private static final int ARGUMENTS = 16;

  /** {@code __X32_SYSCALL_BIT} of asm/unistd.h. */
  private static final int X32_BIT = 0x4000_0000;

  /** {@code -1}: what a tracer leaves when it has answered the call itself. */
  private static final int SKIPPED = -1;

  private final SeccompProfile profile;
  private final List<SeccompProfile.Rule> rules;
  private final Set<Architecture> architectures;
  private final FilterAssembler code = new FilterAssembler();

  /** The answers that the tree of one architecture ends in, placed behind it. */
  private final Map<Verdict, Label> answers = new LinkedHashMap<>();

  private FilterCompiler(SeccompProfile profile, SeccompProfile.Situation situation) {
    this.profile = profile;
    this.rules = profile.rules().stream().filter(r -> r.appliesTo(situation)).toList();
    this.architectures = EnumSet.of(situation.machine());
    architectures.addAll(profile.subArchitectures().getOrDefault(situation.machine(), Set.of()));
  }

  static ByteBuffer compile(SeccompProfile profile, SeccompProfile.Situation situation) {
    FilterCompiler compiler = new FilterCompiler(profile, situation);
    compiler.program();
    try {
      return compiler.code.assemble();
    } catch (IllegalStateException e) {
      throw new EngineException(
          EngineException.Kind.INVALID_ARGUMENT,
          "the seccomp profile is too large: " + e.getMessage(),
          e);
    }
  }

  private void program() {
    code.load(ARCHITECTURE);
    for (Architecture architecture : architectures) {
      Label matches = new Label();
      Label differs = new Label();
      code.branch(Instruction.JUMP_EQUAL, architecture.auditNumber(), matches, differs);
      code.place(matches);
      calls(architecture);
      code.place(differs);
    }
    code.answer(Verdict.KILL_PROCESS);
  }

  /** What is decided about one call: in order, the last one without conditions. */
  private record Decision(List<Step> steps) {
    record Step(List<Condition> conditions, Verdict verdict) {}

    static Decision always(Verdict verdict) {
      return new Decision(List.of(new Step(List.of(), verdict)));
    }
  }

  /** Numbers from {@code first} up to the next range's. */
  private record Range(int first, Decision decision) {}

  private void calls(Architecture architecture) {
    code.load(NUMBER);
    if (architecture == Architecture.X86_64) {
      // The same calls under other numbers, with 32-bit pointers: hardly a kernel has them, and a
      // filter that forgot them would let everything through. Docker's list has them allowed.
      Label x32 = new Label();
      Label usual = new Label();
      Label skipped = new Label();
      Label notSkipped = new Label();
      code.branch(Instruction.JUMP_GREATER_OR_EQUAL, X32_BIT, x32, usual);
      code.place(x32);
      code.branch(Instruction.JUMP_EQUAL, SKIPPED, skipped, notSkipped);
      code.place(skipped);
      code.answer(profile.otherwise());
      code.place(notSkipped);
      code.answer(Verdict.NO_SUCH_CALL);
      code.place(usual);
    }
    List<Range> ranges = ranges(architecture);
    Label all = target(ranges, 0, ranges.size());
    search(ranges, 0, ranges.size(), all);
    answers.forEach(
        (verdict, label) -> {
          code.place(label);
          code.answer(verdict);
        });
    answers.clear();
  }

  private List<Range> ranges(Architecture architecture) {
    Map<Integer, List<Decision.Step>> steps = new TreeMap<>();
    int highest = 0;
    for (SeccompProfile.Rule rule : rules) {
      for (String name : rule.names()) {
        OptionalInt number = SyscallTable.number(architecture, name);
        if (number.isPresent()) {
          highest = Math.max(highest, number.getAsInt());
          steps
              .computeIfAbsent(number.getAsInt(), n -> new ArrayList<>())
              .add(new Decision.Step(rule.conditions(), rule.verdict()));
        }
      }
    }
    // A profile cannot have an opinion on calls that came after it. Told that they do not exist,
    // the C library does without; told that they are forbidden, it gives up.
    Verdict beyond = profile.otherwise().isErrno() ? Verdict.NO_SUCH_CALL : profile.otherwise();

    Map<Integer, Decision> decisions = new TreeMap<>();
    steps.forEach((number, list) -> decisions.put(number, complete(list)));
    List<Range> ranges = new ArrayList<>();
    for (int number = 0; number <= highest; number++) {
      add(
          ranges,
          new Range(number, decisions.getOrDefault(number, Decision.always(profile.otherwise()))));
    }
    add(ranges, new Range(highest + 1, Decision.always(beyond)));
    return ranges;
  }

  private static void add(List<Range> ranges, Range range) {
    if (ranges.isEmpty() || !ranges.getLast().decision().equals(range.decision())) {
      ranges.add(range);
    }
  }

  /** Cuts what can never be reached, and ends with the default. */
  private Decision complete(List<Decision.Step> steps) {
    List<Decision.Step> reachable = new ArrayList<>();
    for (Decision.Step step : steps) {
      reachable.add(step);
      if (step.conditions().isEmpty()) {
        return new Decision(List.copyOf(reachable));
      }
    }
    reachable.add(new Decision.Step(List.of(), profile.otherwise()));
    return new Decision(List.copyOf(reachable));
  }

  /** Where a search among these ranges begins, or, if there is nothing to look at, its answer. */
  private Label target(List<Range> ranges, int from, int to) {
    List<Decision.Step> steps = ranges.get(from).decision().steps();
    return to - from == 1 && steps.size() == 1
        ? answers.computeIfAbsent(steps.getFirst().verdict(), _ -> new Label())
        : new Label();
  }

  private void search(List<Range> ranges, int from, int to, Label here) {
    if (answers.containsValue(here)) {
      return;
    }
    code.place(here);
    if (to - from == 1) {
      decide(ranges.get(from).decision());
      return;
    }
    int middle = (from + to) >>> 1;
    Label below = target(ranges, from, middle);
    Label above = target(ranges, middle, to);
    code.branch(Instruction.JUMP_GREATER_OR_EQUAL, ranges.get(middle).first(), above, below);
    search(ranges, from, middle, below);
    search(ranges, middle, to, above);
  }

  private void decide(Decision decision) {
    for (Decision.Step step : decision.steps()) {
      Label next = new Label();
      for (Condition condition : step.conditions()) {
        test(condition, next);
      }
      code.answer(step.verdict());
      code.place(next);
    }
  }

  /** Goes on when {@code condition} holds, else to {@code otherwise}. */
  private void test(Condition condition, Label otherwise) {
    Label holds = new Label();
    Words value = Words.of(condition.value());
    Words other = Words.of(condition.other());
    int low = ARGUMENTS + 8 * condition.index();
    int high = low + 4;
    switch (condition.operator()) {
      case EQUAL -> equal(low, high, value, holds, otherwise);
      case NOT_EQUAL -> equal(low, high, value, otherwise, holds);
      case MASKED_EQUAL -> {
        Label highEqual = new Label();
        code.load(high);
        code.and(value.high());
        code.branch(Instruction.JUMP_EQUAL, other.high(), highEqual, otherwise);
        code.place(highEqual);
        code.load(low);
        code.and(value.low());
        code.branch(Instruction.JUMP_EQUAL, other.low(), holds, otherwise);
      }
      case GREATER -> greater(low, high, value, Instruction.JUMP_GREATER, holds, otherwise);
      case GREATER_OR_EQUAL ->
          greater(low, high, value, Instruction.JUMP_GREATER_OR_EQUAL, holds, otherwise);
      case LESS -> greater(low, high, value, Instruction.JUMP_GREATER_OR_EQUAL, otherwise, holds);
      case LESS_OR_EQUAL -> greater(low, high, value, Instruction.JUMP_GREATER, otherwise, holds);
    }
    code.place(holds);
  }

  private void equal(int low, int high, Words value, Label ifSo, Label ifNot) {
    Label highEqual = new Label();
    code.load(high);
    code.branch(Instruction.JUMP_EQUAL, value.high(), highEqual, ifNot);
    code.place(highEqual);
    code.load(low);
    code.branch(Instruction.JUMP_EQUAL, value.low(), ifSo, ifNot);
  }

  private void greater(int low, int high, Words value, int comparison, Label ifSo, Label ifNot) {
    Label notGreater = new Label();
    Label highEqual = new Label();
    code.load(high);
    code.branch(Instruction.JUMP_GREATER, value.high(), ifSo, notGreater);
    code.place(notGreater);
    code.branch(Instruction.JUMP_EQUAL, value.high(), highEqual, ifNot);
    code.place(highEqual);
    code.load(low);
    code.branch(comparison, value.low(), ifSo, ifNot);
  }

  private record Words(int high, int low) {
    static Words of(long value) {
      return new Words((int) (value >>> 32), (int) value);
    }
  }
}
