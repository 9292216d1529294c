"""The words of the sample ``misheard``: sentences with readings that sound alike, and lines of text to learn from."""

UTTERANCES = """
it is hard for a machine to {recognize speech|wreck a nice beach}
the old computer could not {recognize speech|wreck a nice beach} at all
a storm in winter can {wreck a nice beach|recognize speech} in one night
the big waves will {wreck a nice beach|recognize speech} every year
the children want {ice cream|i scream} after lunch
we had {ice cream|i scream} by {the sea|this he}
when a spider comes {i scream|ice cream} and run away
{the stray|this tray} cat sleeps behind the house
put the glasses on {this tray|the stray} and come {here|hear}
can you {hear|here} the music from the other room
come {here|hear} and look at {the sky|this guy}
{this guy|the sky} sold me a broken clock
the moon is high in {the sky|this guy} tonight
we need {four candles|fork handles} for the birthday cake
he made wooden {fork handles|four candles} in his garden shed
her father is {a nice man|an ice man} with a warm laugh
he saw {the great ape|the grey tape} at the zoo
close the box with {the grey tape|the great ape} on the table
i would like a {mince pie|mint spy} and a cup of tea
{my train|might rain} leaves at seven in the morning
take a coat because it {might rain|my train} in the afternoon
she gave me a bunch of red {tulips|two lips} for my birthday
the {tulips|two lips} in the garden are red and {blue|blew}
the wind {blew|blue} all night from the {sea|see}
the {peace talks|pea stalks} went on for a week
tie the young {pea stalks|peace talks} to a stick in the garden
the cold gave me a {stuffy nose|stuff he knows} for a {week|weak}
the professor writes down all the {stuff he knows|stuffy nose}
after the illness he was very {weak|week}
she is an expert in {light housekeeping|lighthouse keeping} and cooking
a life of {lighthouse keeping|light housekeeping} on the coast is lonely
it was a {gray day|grade a} with wind and rain
they only sell {grade a|gray day} eggs and butter at the market
i do not know {whether|weather} he will come
the {weather|whether} was cold and it rained all day
the postman brings {the mail|the male} at nine
they took {their|there} children {to|two} school
the old church over {there|their} is very small
it took the {whole day|hole day} {to|two} paint the kitchen
the dog dug a {hole|whole} in the garden
she bought a {pair|pear} of shoes at the market
he ate a {pear|pair} and a piece of cheese
the bread is made of {flour|flower} and water
he picked a yellow {flower|flour} in the meadow
please {write|right} me a letter from the mountains
turn {right|write} at the old church and then left
the {knight|night} rode his horse to the castle
it was a dark {night|knight} without a moon
the captain lost his ship on the {plain|plane} rock by {the sea|this he}
the {plane|plain} landed late because of the weather
he had to {wait|weight} an hour for the train
the {weight|wait} of the box was too much for her
we waited an {hour|our} in the rain for a bus
{our|hour} house stands at the end of the {road|rode}
the farmer {rode|road} his horse over the hill
we will {meet|meat} at the station at seven
the butcher sells fresh {meat|meet} and sausages
{their|there} ship has a white {sail|sale}
the shop has a big {sale|sail} on shoes this {week|weak}
he {knew|new} the answer to every question
she bought a {new|knew} coat for the winter
"""

TEXT = """
It is hard to recognize speech when the room is loud.
A machine that can recognize speech must know which words belong together.
Nobody taught the old computer to recognize speech.
She writes programs that recognize speech on the telephone.
The radio could not recognize speech at all in those days.
A small storm can wreck a nice beach in one night.
They built a road and managed to wreck a nice beach.
The big waves wreck a nice beach every winter.
Do not wreck a nice beach with your rubbish, said the farmer.
The children want ice cream after dinner.
We had ice cream and cake on the terrace.
He sells ice cream by the sea.
When I see a mouse I scream and run out of the room.
When the spider comes I scream for help.
The stray cat has no home.
The stray dog sleeps behind the station.
Put the cups on this tray, please.
Take this tray to the table and come back.
Come here and help me with the dishes.
Come here and look at the garden.
Can you hear the birds in the trees?
I can hear the music from the street.
The moon is bright in the sky.
A plane is high in the sky.
Look at the sky, it is full of stars.
This guy sold my brother a bad car.
This guy is late every morning.
We need four candles for the table.
There were four candles on the birthday cake.
The carpenter makes fork handles of wood.
He sold wooden fork handles at the market.
Her uncle is a nice man with a loud voice.
The teacher was a nice man with a beard.
We saw the great ape at the zoo.
The great ape ate a banana.
Close the parcel with the grey tape.
The grey tape is on the shelf in the kitchen.
I would like a mince pie with my coffee.
Grandmother made a mince pie and a cup of tea.
My train leaves at nine.
My train was late this morning.
Take an umbrella, it might rain today.
They say that it might rain in the afternoon.
She gave her mother a bunch of tulips.
The red tulips in the garden are early this year.
The tulips are yellow and red.
The sky was blue and the sea was calm.
Her coat is blue and her hat is red.
The wind blew all day from the north.
The wind blew the hat off his head.
The peace talks began on Monday.
The peace talks went on for many days.
Tie the pea stalks to a stick.
The pea stalks in the garden are green.
A cold gives you a stuffy nose.
He had a stuffy nose for a week.
He told us all the stuff he knows.
She writes down the stuff he knows about birds.
They stayed for a week in the mountains.
The market is open once a week.
The meeting is on Friday this week.
After the fever she was very weak.
The tea was weak and cold.
She earns her money with light housekeeping and cooking.
Light housekeeping is enough for a small flat.
His father taught him lighthouse keeping on the coast.
A life of lighthouse keeping is quiet.
It was a gray day with rain and wind.
On a gray day we stay at home.
They sell grade A eggs at the farm.
The shop sells grade A butter only.
I do not know whether she is at home.
He asked whether the train was late.
The weather was warm and it was sunny all day.
The weather is bad, so we stay at home.
The plane was late because of the weather.
The postman brings the mail in the morning.
Did you read the mail that came today?
They love their children very much.
They sold their house and their car.
They took their dog to the park.
The small house over there is ours.
The church over there is three hundred years old.
We went to school by bus.
She likes to paint and to sing.
It took him an hour to paint the door.
It took the whole day to clean the house.
The whole town came to the market.
There is a hole in my shoe.
The rabbit dug a hole in the garden.
He bought a pair of gloves.
She needs a pair of shoes for the winter.
She ate a pear and an apple.
A ripe pear fell from the tree.
Bread is made of flour and salt and water.
The baker needs more flour.
A yellow flower grows by the wall.
She picked a flower in the meadow.
Please write me a letter soon.
Please write your name on the paper.
Turn right at the bridge and then left.
Turn right at the old school.
The knight rode a white horse.
The knight rode to the castle of the king.
It was a dark night in November.
The baby slept all night.
They worked all night without a break.
He wore a plain shirt and a black hat.
The ship hit a plain rock near the coast.
The plane landed in the morning.
The plane landed late in the night.
You have to wait for the bus.
He had to wait an hour at the doctor.
The weight of the bag was too much for him.
The weight of the stone was great.
The lesson takes an hour.
They waited an hour in the cold.
Our garden is small but sunny.
Our house stands near the river.
The school is at the end of the road.
The road goes over the hill.
The king rode his horse over the hill.
She rode her horse to the village.
We meet at the station at eight.
They will meet in the park at noon.
The butcher sells meat and eggs.
We bought fresh meat at the market.
The boat has a white sail.
A white sail stood far out on the sea.
The shop has a sale this week.
There is a sale on coats in the town.
She knew the answer before anyone else.
He knew the way to the castle.
He bought a new car in the spring.
She wears a new coat this winter.
We walked by the sea in the evening.
The house by the sea is very old.
The village lies between the hill and the sea.
You can see the mountains from the window.
I see a light in the kitchen.
The kitchen smells of coffee and bread.
The children play in the garden after school.
My brother reads the paper in the morning.
The train to the coast leaves at seven in the morning.
The old man sits by the window and looks at the rain.
"""
