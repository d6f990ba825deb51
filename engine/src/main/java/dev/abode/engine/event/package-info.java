/** What happened, remembered for a while, across engines. */
package dev.abode.engine.event;
