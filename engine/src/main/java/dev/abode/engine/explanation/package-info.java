/** What is told about the walls of an instance and about its end: values for people to read. */
package dev.abode.engine.explanation;
