"""A hundred lines of rhymed verse, written for this sample: quatrains of eight syllables, ABAB or AABB.

Stanzas are parted by an empty line, so that a language model learns where a line ends and where a stanza does. It is
enough to see the commands for verse at work, and far too little to write well.
"""

from __future__ import annotations

import random
from pathlib import Path

from weft.data.samples._parts import split, write_text

STANZAS = """
The morning climbs the garden wall,
And dew is shining on the stone,
I hear a distant blackbird call,
As if it sang for me alone.

The kettle hums a quiet tune,
The bread is warm, the room is bright,
And soon the pale and sleepy moon
Will fade before the rising light.

I walked along the winding shore,
And counted waves, and counted more,
The tide ran in, the tide ran out,
And washed away my little doubt.

A sail went by, a speck of white,
That slipped beyond the edge of sight,
It took no word, it left no name,
But still the sea remained the same.

The winter laid a silver sheet
On every roof along the hill,
The snow was deep beneath our feet,
And all the village lanes were still.

We lit a lantern by the door,
And told the tales our fathers knew,
Until the wind was heard no more,
And one small star came shining through.

The old clock ticks upon the shelf,
I sit and listen to myself,
It tells the hours, it tells the day,
And counts my quiet life away.

A mouse runs softly on the floor,
And stops to look, and runs some more,
We share the house, we share the bread,
And neither keeps a heavy head.

The miller sings beside the stream,
The wheel goes round, the water flows,
And half awake and half in dream
He turns the stone as daylight goes.

His daughter brings him bread and wine,
And hums a song her mother made,
They watch the river curl and shine,
And rest a while within the shade.

Come down, come down, the day is long,
And every bird has found a song,
The road is dry, the sky is blue,
And I have kept a place for you.

The apple trees are full of bees,
The grass is bending in the breeze,
So leave your work and leave your care,
And find me in the summer air.

A letter lay upon the mat,
With foreign stamps along the side,
I took it in to where I sat,
And read it slowly, and I cried.

It said the ship had come to land,
It said the storm was past and gone,
It bore the writing of a hand
That I had loved and leaned upon.

The baker rises in the night,
His little window burning bright,
He kneads the dough and lets it rise,
And wipes the powder from his eyes.

And when the street begins to wake,
The smell of bread and honey cake
Goes drifting over roof and tree,
And finds a way to you and me.

The teacher draws a careful line,
The children bend their heads and write,
The letters lean, the letters shine,
And some are wrong and some are right.

But learning is a crooked lane,
And no one walks it in a day,
We lose the road in wind and rain,
And find a better on the way.

I had a coat of green and gold,
It kept me warm, it now is old,
The sleeves are thin, the collar worn,
The lining and the pocket torn.

But still it hangs upon the chair,
And still I find my father there,
His pipe, his keys, his folded map,
His patient hands, his woollen cap.

The river never asks me why,
It takes whatever I may bring,
A fallen leaf, a bit of sky,
A broken word, a wedding ring.

It carries them beyond the bend,
Past mill and meadow, field and pier,
And what I gave it in the end
Is far away, and always near.

The fiddler played till half past two,
The candles burned a little blue,
We danced on boards of polished pine,
Your hand was never out of mine.

And when the dawn came up the street,
We carried home our aching feet,
With all the music in our ears,
To hum it softly through the years.
"""


def make(folder: Path, *, seed: int = 1) -> list[Path]:
    """Write ``train.txt``, ``valid.txt`` and ``test.txt`` into ``folder``, whole stanzas; same seed, same bytes.

    Raises:
        DataError: the folder cannot be written.
    """
    parts = split(STANZAS.strip().split("\n\n"), random.Random(seed))
    return [write_text(folder / f"{part}.txt", ["\n\n".join(stanzas)]) for part, stanzas in parts.items()]
