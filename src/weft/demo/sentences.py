"""Sentences of everyday life, written for the demo: nothing like the phrases it trains on, and in no data set."""

SENTENCES = (
    ("The old bridge was closed because of the heavy rain last night.", "English"),
    ("Der Zug nach Hamburg fährt heute leider eine halbe Stunde später.", "German"),
    ("We eten vanavond soep met brood en daarna een appeltaart.", "Dutch"),
    ("Katten sover på soffan och vill inte gå ut i regnet.", "Swedish"),
    ("Jeg har glemt mine nøgler på arbejdet igen i dag.", "Danish"),
    ("Hva skal vi gjøre hvis det ikke kommer noen på festen?", "Norwegian"),
    ("Elle a oublié son parapluie dans le train de huit heures.", "French"),
    ("Mañana vamos a comprar pan y queso en el mercado.", "Spanish"),
    ("O meu irmão não gosta de acordar cedo aos domingos.", "Portuguese"),
    ("Abbiamo mangiato una pizza buonissima vicino alla stazione.", "Italian"),
    ("Copiii se joacă în parc până când se face seară.", "Romanian"),
    ("Wczoraj kupiłem nową książkę o historii miasta.", "Polish"),
    ("Dnes večer půjdeme do kina a potom na pivo.", "Czech"),
    ("Sutra idemo na more ako ne bude kiše.", "Croatian"),
    ("Я забыл купить молоко по дороге домой.", "Russian"),
    ("Ми сьогодні їдемо до бабусі на обід.", "Ukrainian"),
    ("Тази вечер ще гледаме филм вкъщи.", "Bulgarian"),
    ("Huomenna menemme mökille ja saunomme koko illan.", "Finnish"),
    ("Holnap reggel korán kell kelnem, mert utazom.", "Hungarian"),
    ("Bu akşam arkadaşlarımla sinemaya gidiyorum.", "Turkish"),
    ("Besok pagi kami akan pergi ke pasar bersama ibu.", "Indonesian"),
    ("Watoto wanacheza mpira nje ya nyumba.", "Swahili"),
    ("Αύριο το πρωί θα πάμε στη θάλασσα.", "Greek"),
    ("明日の朝、駅の前で会いましょう。", "Japanese"),
)
"""Text and language. Chosen before any network had seen them, and left as they are however it does on them."""
