/**
 * Processes saved and made again by {@code criu(8)}: which program does it, how it is asked, what
 * is changed in what it has saved.
 */
package dev.abode.engine.criu;
