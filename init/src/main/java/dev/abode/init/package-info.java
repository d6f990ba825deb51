/**
 * The supervisor {@code abode-init} seen from Java: the plan it plays, the frames it speaks, and
 * how one is started or found again. The C program beside this package decides nothing; every
 * decision is in the plan.
 */
package dev.abode.init;
