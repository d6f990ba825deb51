/**
 * The engine as a Java program uses it: {@link dev.abode.engine.Engine} opens a root folder, {@link
 * dev.abode.engine.Instance} is one container or virtual machine in it.
 */
package dev.abode.engine;
